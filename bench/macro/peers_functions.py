"""What the workers of bench/macro/peers.py run."""


def echo(data):
    return data


def total(numbers):
    return float(numbers.sum())
