"""Caffe's files, read into protonet's own language: prototxt nets and solvers."""
