"""Nets with blocks, for what writes them out: of every kind, and at random."""

from __future__ import annotations

from random import Random

INPUTS = "inputs: {data: [3, 8, 8], label: {shape: [], dtype: int64}}"

BLOCKS = f"""\
    net:
      {INPUTS}
      defaults: {{Convolution: {{weight_filler: msra}}}}
      blocks:
        conv_bn:
          args: {{out: , k: 1, relu: true}}
          layers:
            - {{name: conv, type: Convolution, num_output: $out, kernel_size: $k, pad: $(k // 2)}}
            - {{name: bn, type: BatchNorm, top: conv}}
            - {{name: scale, type: Scale, bias_term: true, bottom: conv}}
            - {{name: relu, type: ReLU, if: $relu}}
        residual:
          layers:
            - {{name: a, type: conv_bn, bottom: x, out: 4, k: 3}}
            - {{name: sum, type: Eltwise, bottom: [a, x]}}
      layers:
        - {{name: stem, type: conv_bn, out: 4, k: 3, relu: false}}
        - {{name: again, type: ReLU, top: stem}}
        - {{name: body, type: residual, repeat: 2}}
        - {{name: maybe, type: Dropout, if: false}}
        - {{name: own, type: Convolution, bottom: stem/scale, num_output: 4, kernel_size: 1}}
        - {{name: sum, type: Eltwise, bottom: [body, own]}}
        - {{name: ip, type: InnerProduct, num_output: 10}}
        - {{name: loss, type: SoftmaxWithLoss, bottom: [ip, label]}}
        - {{name: accuracy, type: Accuracy, bottom: [ip, label], phase: test}}
    """
IN_PLACE_IN_ONE_PHASE = f"""\
    net:
      {INPUTS}
      blocks:
        pair:
          bottoms: [x, y]
          tops: [p, q]
          layers:
            - {{name: p, type: InnerProduct, bottom: x, num_output: 4}}
            - {{name: drop, type: Dropout, top: p, phase: train}}
            - {{name: q, type: Eltwise, bottom: [p, y]}}
      layers:
        - {{name: ip, type: InnerProduct, num_output: 4}}
        - {{name: drop, type: Dropout, phase: train, top: ip}}
        - {{name: side, type: InnerProduct, num_output: 4, bottom: "layer:ip"}}
        - {{name: two, type: pair, bottom: [ip, side]}}
        - {{name: sum, type: Eltwise, bottom: [two, two/q]}}
        - {{name: loss, type: SoftmaxWithLoss, bottom: [sum, label]}}
    """
SHARED = f"""\
    net:
      {INPUTS}
      blocks:
        tower:
          layers:
            - {{name: ., type: InnerProduct, num_output: 4}}
            - {{name: scale, type: Scale}}
            - {{name: back, type: Eltwise, bottom: [scale, .]}}
      layers:
        - {{name: left, type: tower, bottom: data}}
        - {{name: right, type: tower, bottom: data, share: left}}
        - {{name: off, type: tower, repeat: 0}}
        - {{name: both, type: Concat, bottom: [left, off]}}
        - {{name: loss, type: SoftmaxWithLoss, bottom: [both, label]}}
    """
DEPLOYED = f"""\
    net:
      {INPUTS}
      blocks:
        two:
          layers:
            - {{name: a, type: InnerProduct, num_output: 4}}
            - {{name: b, type: ReLU}}
      deploy: {{inputs: {{first: [4]}}, outputs: second}}
      layers:
        - {{name: first, type: two}}
        - {{name: second, type: two}}
        - {{name: loss, type: SoftmaxWithLoss, bottom: [second, label]}}
    """
BLOCK_OF_TWO = """\
net:
  inputs: {data: [4]}
  blocks:
    two:
      args: {phases: }
      layers:
        - {name: a, type: InnerProduct, num_output: 4}
        - {name: drop, type: Dropout, top: a, phase: $phases}
        - {name: b, type: InnerProduct, num_output: 4, bottom: "layer:a"}
        - {name: ., type: Eltwise, bottom: [a, b, x]}
    noisy:
      args: {phases: }
      tops: [x, b]
      layers:
        - {name: noise, type: Dropout, top: x, phase: $phases}
        - {name: b, type: InnerProduct, num_output: 4, bottom: x}
        - {name: x, type: Eltwise, bottom: [x, "input:x"], phase: $phases}
  layers:
"""


def of_each_phase(name: str, first: str, second: str) -> list[str]:
    """Return two instances of one name."""
    return [
        f"name: {name}, type: two, phases: train, bottom: {first}, phase: train",
        f"name: {name}, type: noisy, phases: train, bottom: {second}, phase: [test, deploy]",
    ]


def instance(choice: Random, number: int, instances: list[str]) -> tuple[str, str]:
    """Return a block, and what else is said of its use."""
    block = choice.choice(["two", "noisy"])
    shared = [f", share: {other}" for other in instances[:2] if block == "two"]
    switch = f", if: {choice.choice(['true', 'false'])}"
    return block, choice.choice(["", switch, f", repeat: {number % 3}", *shared])


def random_net(choice: Random) -> str:
    """Return a net whose every blob has four numbers, so that whatever is wired fits."""
    blobs, names = ["data", "first"], ["first"]
    lines = ["name: first, type: InnerProduct, num_output: 4"]
    instances: list[str] = []
    passed: list[str] = []
    for number in range(choice.randint(2, 12)):
        name, first, second = f"l{number}", choice.choice(blobs), choice.choice(blobs)
        bottom = choice.choice(["", f", bottom: {first}"])
        own = [f", bottom: 'layer:{name}'" for name in names]
        kind = choice.choice(["ip", "in place", "sum", "block", "block", "each phase"])
        if kind == "ip":
            bottom = choice.choice([bottom, *own])
            lines.append(f"name: {name}, type: InnerProduct, num_output: 4{bottom}")
            names.append(name)
        elif kind == "in place":
            phase = choice.choice(["", ", phase: train", ", phase: [test, deploy]"])
            lines.append(f"name: {name}, type: Dropout, bottom: {first}, top: {first}{phase}")
            continue
        elif kind == "each phase":
            name = choice.choice([name, name, *passed])
            lines += of_each_phase(name, first, second)
            passed = [other for other in passed if other != name]
        elif kind == "sum":
            lines.append(f"name: {name}, type: Eltwise, bottom: [{first}, {second}]")
            names.append(name)
        else:
            block, more = instance(choice, number, instances)
            phases = choice.choice(["[test, train]", "test", "train"])
            lines.append(f"name: {name}, type: {block}, phases: {phases}{bottom}{more}")
            passed += [name] if "if: false" in more or "repeat: 0" in more else []
            instances += [name] if more == "" and block == "two" else []
            blobs += [f"{name}/b"] if more == "" else []
        blobs.append(name)
    return BLOCK_OF_TWO + "".join(f"    - {{{line}}}\n" for line in lines)
