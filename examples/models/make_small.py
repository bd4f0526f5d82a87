#!/usr/bin/env python3
"""Writes the small models of the examples, which need no training.

    python3 examples/models/make_small.py

Needs tensorflow (made with 2.21). Writes beside this script:
    mul.pb    mul = a * b, two floats of any shape
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow.compat.v1 as tf  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))


def mul():
    a = tf.placeholder(tf.float32, name="a")
    b = tf.placeholder(tf.float32, name="b")
    tf.multiply(a, b, name="mul")


MODELS = {"mul.pb": mul}


def main():
    for name, build in MODELS.items():
        with tf.Graph().as_default() as graph:
            build()
        with open(os.path.join(HERE, name), "wb") as out:
            out.write(graph.as_graph_def().SerializeToString(deterministic=True))
        print(name)


if __name__ == "__main__":
    main()
