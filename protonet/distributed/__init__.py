"""More than one process: who takes part, what is summed over them, how they are started.

The rooms above know nothing of it: they are handed functions that sum, gather or share.
"""
