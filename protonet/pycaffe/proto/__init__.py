"""Caffe's messages: `from protonet.pycaffe.proto import caffe_pb2`."""
