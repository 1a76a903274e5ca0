"""Caffe's files, written: nets and solvers as prototxt, weights as caffemodel."""
