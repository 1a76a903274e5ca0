"""One use of a block: arguments, bottoms, tops, and what is refused."""

from __future__ import annotations

import pytest

from tests.language.expansions import expanded, flat, refusal, refused

BLOCKS = """\
fc:
  args: {out: 2, scale: $(out * 2)}
  layers: [{name: ip, type: InnerProduct, num_output: $scale}]
need:
  args: {out: }
  layers: [{name: ., type: InnerProduct, num_output: $out}]
two:
  bottoms: [x, skip]
  tops: [a, b]
  layers: [{name: a, type: ReLU, bottom: x}, {name: b, type: ReLU, bottom: skip}]
none:
  bottoms: []
  layers: [{name: a, type: ReLU, top: [u, v]}]
self:
  layers: [{name: in, type: self}]
"""


def frame(layer: str) -> tuple[object, object]:
    """Return bottoms and tops of the frame that an instance leaves."""
    plan = expanded(layer, blocks=BLOCKS).plan
    assert plan is not None
    return plan.frames[0].bottoms, plan.frames[0].tops


@pytest.mark.parametrize(
    ("keys", "outputs"),
    [
        ("type: fc", 4),  # scale is 2 * 2
        ("type: fc, out: 5", 10),  # scale is 2 * 5
        ("type: fc, out: 5, scale: 3", 3),
        ("type: need, out: 7", 7),
    ],
)
def test_an_argument_is_given_or_its_default_which_may_use_those_above(
    keys: str, outputs: int
) -> None:
    assert flat(f"name: f, {keys}", blocks=BLOCKS)[0]["num_output"] == outputs


def test_arguments_of_the_block_around_are_not_seen_inside() -> None:
    blocks = BLOCKS + "around: {args: {k: 3}, layers: [{name: i, type: inner}]}\n"
    blocks += "inner: {layers: [{name: ip, type: InnerProduct, num_output: $k}]}"
    found = refused("name: a, type: around", blocks=blocks)
    assert [told.splitlines()[0] for told in found] == [
        "error[PN032] net.yaml:20:65 net.layers.a/i/ip.num_output: "
        "no variable or argument is named k"
    ]
    assert found[0].splitlines()[-2:] == [
        "      in block inner, used as a/i in net.yaml:19:53",
        "      in block around, used as a in net.yaml:22:23",
    ]


@pytest.mark.parametrize(
    ("keys", "bottoms", "tops"),
    [
        ("type: fc", (("x", None),), (("ip", "i"),)),
        ("type: fc, bottom: data", (("x", "data"),), (("ip", "i"),)),
        ("type: need, out: 1, top: y", (("x", None),), ((".", "y"),)),
        ("type: two, bottom: [p, q]", (("x", "p"), ("skip", "q")), (("a", "i"),)),
        ("type: two, bottom: [p, q], top: [a]", (("x", "p"), ("skip", "q")), (("a", "a"),)),
        (
            "type: two, bottom: [p, q], top: [b, a]",
            (("x", "p"), ("skip", "q")),
            (("a", "b"), ("b", "a")),
        ),
        ("type: none", (), (("u", "i"),)),
    ],
)
def test_bottoms_and_tops_meet_those_of_the_block_in_order(
    keys: str, bottoms: object, tops: object
) -> None:
    assert frame(f"name: i, {keys}") == (bottoms, tops)


def told(head: str, line: str, column: int, carets: int, hint: str, code: str) -> str:
    """Return a problem of the one layer, as it is rendered."""
    see = f"see: protonet explain {code}"
    last = f"{hint:<40}  {see}" if hint else see
    return (
        f"error[{code}] net.yaml:20:{column} {head}\n"
        f"   20 |     {line}\n"
        f"      | {' ' * (column - 1)}{'^' * carets}\n"
        f"      {last}"
    )


@pytest.mark.parametrize(
    ("keys", "head", "column", "carets", "hint", "code"),
    [
        ("type: need", "net.layers.i.out: missing", 7, 21, "block need needs it", "PN011"),
        (
            "type: fc, loss_weight: 1",
            "net.layers.i.loss_weight: loss_weight is a key of layers, not of blocks",
            *(27, 11, "write it in the layers of block fc", "PN012"),
        ),
        (
            "type: fc, oot: 3",
            "net.layers.i.oot: block fc has no argument oot",
            *(27, 3, "got 3; did you mean out?", "PN012"),
        ),
        (
            "type: two",
            "net.layers.i.bottom: block two reads 2 bottoms, x, skip",
            *(7, 20, "write bottom: [...]", "PN024"),
        ),
        (
            "type: two, bottom: data",
            "net.layers.i.bottom: block two reads 2 bottoms, here 1",
            *(36, 4, "inside they are x, skip", "PN024"),
        ),
        (
            "type: fc, bottom: [data, label]",
            "net.layers.i.bottom: block fc reads 1 bottom, here 2",
            *(35, 13, "inside they are x", "PN024"),
        ),
        (
            "type: none, bottom: data",
            "net.layers.i.bottom: block none reads 0 bottoms, here 1",
            *(37, 4, "inside they are none", "PN024"),
        ),
        (
            "type: fc, bottom: 3",
            "net.layers.i.bottom: a list of names is needed",
            *(35, 1, "", "PN010"),
        ),
        (
            "type: fc, top: [3]",
            "net.layers.i.top: a list of names is needed",
            *(32, 3, "", "PN010"),
        ),
        (
            "type: fc, top: [a, b]",
            "net.layers.i.top: block fc gives 1 top, here 2",
            *(32, 6, "", "PN025"),
        ),
        (
            "type: two, bottom: [data, data], top: [a, b, c]",
            "net.layers.i.top: block two gives 2 tops, here 3",
            *(55, 9, "", "PN025"),
        ),
    ],
)
def test_a_use_that_does_not_fit_its_block_is_refused(
    keys: str, head: str, column: int, carets: int, hint: str, code: str
) -> None:
    layer = f"name: i, {keys}"
    line = f"- {{{layer}}}"
    assert refused(layer, blocks=BLOCKS) == [told(head, line, column, carets, hint, code)]


def test_the_name_of_an_instance_has_no_dot() -> None:
    assert refused("name: a.b, type: fc", blocks=BLOCKS) == [
        told(
            "net.layers.a.b.name: the name a.b has a dot",
            *(
                "- {name: a.b, type: fc}",
                14,
                3,
                "dots separate the words of a path; use / or _",
                "PN022",
            ),
        )
    ]


def test_a_block_that_contains_itself_is_refused() -> None:
    assert refusal("name: s, type: self", blocks=BLOCKS) == (
        "error[PN033] net.yaml:18:33 net.layers.s/in.type: "
        "a block contains itself: self → self\n"
        "   18 |       layers: [{name: in, type: self}]\n"
        "      |                                 ^^^^\n"
        "      see: protonet explain PN033\n"
        "      in block self, used as s in net.yaml:20:23\n"
        "1 error in net.yaml"
    )


def test_all_that_is_wrong_with_a_use_is_told_at_once() -> None:
    found = refused("name: i, type: need, oot: 1, bottom: [a, b], top: [a, b]", blocks=BLOCKS)
    assert [one.splitlines()[0].partition(" ")[0] for one in found] == [
        *("error[PN012]", "error[PN011]", "error[PN024]", "error[PN025]")
    ]


def test_what_reads_an_instance_that_is_wrong_is_no_further_mistake() -> None:
    readers = ("name: a, type: ReLU, bottom: i/deep", "name: b, type: ReLU, bottom: i")
    told = refusal("name: i, type: need", *readers, blocks=BLOCKS)
    assert told.endswith("\n1 error in net.yaml")
