#!/usr/bin/env python3
"""Trains the digit classifier of the examples and freezes it.

    python3 examples/models/train_digits.py

Needs tensorflow (made with 2.21), scikit-learn and pillow. The data are scikit-learn's bundled handwritten digits, 1797
images of 8x8; a fifth is held out and never trained on. Writes beside this script digits.pb and seven.png, and into
tests/fixtures/ the held-out images with TensorFlow's answers to them, which are what the tests hold ctf's against.
Prints the held-out accuracy; below 95% it writes nothing and fails. Seeds are fixed and one thread computes, so the
same TensorFlow on the same kind of CPU gives the same file.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"  # its sums depend on the CPU more than Eigen's do

import numpy as np  # noqa: E402
import tensorflow.compat.v1 as tf  # noqa: E402
from PIL import Image  # noqa: E402
from sklearn.datasets import load_digits  # noqa: E402
from sklearn.model_selection import train_test_split  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURES = os.path.join(HERE, "..", "..", "tests", "fixtures")
SEED = 7
EPOCHS = 60
BATCH = 32
LEARNING_RATE = 2e-3
LOWEST_ACCURACY = 0.95

WEIGHT_SHAPES = {
    "conv1/filter": (3, 3, 1, 16),
    "conv1/bias": (16,),
    "conv2/filter": (3, 3, 16, 32),
    "conv2/bias": (32,),
    "hidden/weights": (128, 64),
    "hidden/bias": (64,),
    "logits/weights": (64, 10),
    "logits/bias": (10,),
}


def load_split():
    """Training and held-out images as uint8 [N,8,8,1], with labels."""
    digits = load_digits()
    # load_digits counts inked pixels, 0..16; a grey image has 0..255: v * 255 / 16, rounded, so that 16 becomes 255
    grey = (digits.images.astype(np.int64) * 255 + 8) // 16
    images = grey.astype(np.uint8)[..., np.newaxis]
    return train_test_split(images, digits.target, test_size=0.2, random_state=SEED, stratify=digits.target)


def initial_weights():
    """He's initialisation; biases are zero."""
    random = np.random.RandomState(SEED)
    weights = {}
    for name, shape in WEIGHT_SHAPES.items():
        deviation = 0.0 if len(shape) == 1 else np.sqrt(2.0 / np.prod(shape[:-1]))
        weights[name] = (random.standard_normal(shape) * deviation).astype(np.float32)
    return weights


def add_network(weights):
    """Adds the net to the default graph; `weights` makes a tensor of a name. Returns (image, logits)."""

    def conv(x, name):
        x = tf.nn.conv2d(x, weights(f"{name}/filter"), strides=[1, 1, 1, 1], padding="SAME", name=f"{name}/conv")
        x = tf.nn.bias_add(x, weights(f"{name}/bias"), name=f"{name}/biased")
        x = tf.nn.relu(x, name=f"{name}/relu")
        return tf.nn.max_pool2d(x, ksize=2, strides=2, padding="VALID", name=f"{name}/pool")

    def dense(x, name, relu):
        x = tf.matmul(x, weights(f"{name}/weights"), name=f"{name}/product")
        x = tf.nn.bias_add(x, weights(f"{name}/bias"), name=f"{name}/biased")
        return tf.nn.relu(x, name=f"{name}/relu") if relu else x

    image = tf.placeholder(tf.uint8, [None, 8, 8, 1], name="image")
    x = tf.multiply(tf.cast(image, tf.float32, name="grey"), tf.constant(1 / 255, name="white"), name="scaled")
    x = conv(conv(x, "conv1"), "conv2")
    x = tf.reshape(x, tf.constant([-1, 128], name="flat/shape"), name="flat")
    logits = dense(dense(x, "hidden", relu=True), "logits", relu=False)
    tf.argmax(logits, axis=1, name="class")
    tf.nn.softmax(logits, name="probabilities")
    return image, logits


def single_threaded_session(graph):
    config = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    return tf.Session(graph=graph, config=config)


def train(images, labels):
    """The trained weights, by name."""
    with tf.Graph().as_default() as graph:
        initial = initial_weights()
        variables = {name: tf.Variable(value, name=name) for name, value in initial.items()}
        image, logits = add_network(lambda name: variables[name])
        label = tf.placeholder(tf.int64, [None], name="label")
        rate = tf.placeholder(tf.float32, [], name="rate")
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=label, logits=logits))
        step = tf.train.AdamOptimizer(rate).minimize(loss)
        start = tf.global_variables_initializer()
    random = np.random.RandomState(SEED)
    with single_threaded_session(graph) as session:
        session.run(start)
        for epoch in range(EPOCHS):
            order = random.permutation(len(images))
            for first in range(0, len(order), BATCH):
                chosen = order[first:first + BATCH]
                # falls to nothing in a half cosine
                now = LEARNING_RATE * (1 + np.cos(np.pi * epoch / EPOCHS)) / 2
                session.run(step, {image: images[chosen], label: labels[chosen], rate: now})
        return session.run(variables)


def frozen_graph(weights):
    """The net with its weights as constants, as a serialised GraphDef."""
    with tf.Graph().as_default() as graph:
        add_network(lambda name: tf.constant(weights[name], name=name))
    return graph.as_graph_def().SerializeToString(deterministic=True)


def answers(graph_bytes, images):
    """(classes, probabilities) that TensorFlow gives for the frozen graph."""
    graph_def = tf.GraphDef.FromString(graph_bytes)
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(graph_def, name="")
    with single_threaded_session(graph) as session:
        return session.run(["class:0", "probabilities:0"], {"image:0": images})


def main():
    train_images, held_images, train_labels, held_labels = load_split()
    graph_bytes = frozen_graph(train(train_images, train_labels))
    classes, probabilities = answers(graph_bytes, held_images)
    right = classes == held_labels
    print(f"held out: {right.sum()} of {len(right)} right, {right.mean():.2%}")
    top = np.sort(probabilities, axis=1)
    print(f"smallest lead of the first class over the second: {(top[:, -1] - top[:, -2]).min():.3g}")
    if right.mean() < LOWEST_ACCURACY:
        print(f"less than {LOWEST_ACCURACY:.0%}: nothing written", file=sys.stderr)
        return 1

    with open(os.path.join(HERE, "digits.pb"), "wb") as out:
        out.write(graph_bytes)
    print(f"digits.pb: {len(graph_bytes)} bytes")
    seven = np.flatnonzero((held_labels == 7) & right)[0]
    Image.fromarray(held_images[seven, :, :, 0]).save(os.path.join(HERE, "seven.png"))
    print(f"seven.png: held-out image {seven}, probability of 7: {probabilities[seven, 7]:.6f}")
    np.save(os.path.join(FIXTURES, "digits_images.npy"), held_images)
    np.save(os.path.join(FIXTURES, "digits_classes.npy"), classes)
    np.save(os.path.join(FIXTURES, "digits_probabilities.npy"), probabilities)
    return 0


if __name__ == "__main__":
    tf.disable_v2_behavior()
    sys.exit(main())
