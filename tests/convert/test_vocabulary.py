from __future__ import annotations

from protonet.convert.vocabulary import learn, tokens

TEXTS = [tokens(text, "words") for text in ("the cat saw the dog", "the dog", "a cat")]


def test_frequent_tokens_come_first_and_equal_ones_by_their_characters() -> None:
    known = learn(TEXTS, None, None, 5)
    assert known.names == ("<pad>", "<unk>", "the", "cat", "dog", "a", "saw")
    assert known.length == 5


def test_texts_are_numbers_filled_up_to_one_length() -> None:
    numbers, lengths = learn(TEXTS, None, None, 5).encode([*TEXTS, ["a", "bird"], []])
    assert numbers.tolist() == [
        [2, 3, 6, 2, 4],
        [2, 4, 0, 0, 0],
        [5, 3, 0, 0, 0],
        [5, 1, 0, 0, 0],
        [0, 0, 0, 0, 0],
    ]
    assert lengths.tolist() == [5, 2, 2, 2, 0]
    assert (numbers.dtype.name, lengths.dtype.name) == ("int32", "int64")


def test_a_vocabulary_and_texts_can_be_cut() -> None:
    known = learn(TEXTS, 2, 3, 5)
    assert known.names == ("<pad>", "<unk>", "the", "cat")
    numbers, lengths = known.encode(TEXTS)
    assert numbers.tolist() == [[2, 3, 1], [2, 1, 0], [1, 3, 0]]
    assert lengths.tolist() == [3, 2, 2]


def test_names_that_are_taken_are_no_tokens() -> None:
    assert learn([["<pad>", "<unk>", "x"]], None, None, 3).names == ("<pad>", "<unk>", "x")


def test_without_any_token_a_text_has_one_place() -> None:
    assert learn([[]], None, None, 0).length == 1
