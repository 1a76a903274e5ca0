"""A problem of a spec: its code, its place, its text. The one place where a location is formatted.

The form is DESIGN §5's::

    error[PN012] mnist.yaml:17:38 net.layers.conv1.kernal_size: unknown key
       17 |     - {name: conv1, type: Convolution, kernal_size: 5}
          |                                        ^^^^^^^^^^^
          got 5; did you mean kernel_size?          see: protonet explain PN012
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

Severity = Literal["error", "warning"]

_HINT_COLUMN = 42
"""Width the hint is padded to, so that "see: …" stands in one column where it can."""

_LONGEST_LINE = 200
"""Characters of a source line that are shown; a longer one is cut around the mark."""


@dataclass(frozen=True, slots=True)
class SourceText:
    """A text that marks point into: a file, or one override of the command line.

    Attributes:
        name: what is printed before the line number.
        lines: the text, split at line ends.
        folder: what relative paths in it start from; the current folder for a command line.
    """

    name: str
    lines: tuple[str, ...]
    folder: Path = Path()

    def __hash__(self) -> int:
        """Return the same for every mark of a text, without reading all its lines each time."""
        return hash((self.name, len(self.lines)))


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of one line; columns count from 1 as lines do, `end` is one past the last."""

    source: SourceText
    line: int
    column: int
    end: int

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.column}"

    def snippet(self) -> list[str]:
        """Return the line with its number, and carets under the stretch; nothing past the text."""
        if not 1 <= self.line <= len(self.source.lines):
            return []
        text = self.source.lines[self.line - 1]
        start = max(0, self.column - 1 - _LONGEST_LINE // 2) if len(text) > _LONGEST_LINE else 0
        shown = "".join(map(_visible, text[start : start + _LONGEST_LINE]))
        first = self.column - 1 - start
        width = max(1, min(self.end - self.column, len(shown) - first))
        margin = " " * max(5, len(str(self.line)))
        return [f"{self.line:5d} | {shown}", f"{margin} | {' ' * first}{'^' * width}"]


def _visible(character: str) -> str:
    """Return a character as wide as the one given that does nothing to a terminal."""
    if character.isprintable():
        return character
    return " " if character.isspace() else "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a spec.

    Attributes:
        code: a key of `CODES`.
        mark: where it stands, or None where nothing was read (an empty file).
        path: the same place as words, `net.layers.conv1.kernel_size`.
        why: what is wrong.
        got: the value found.
        hint: what would be right.
        severity: an error stops; a warning runs but is probably wrong.
        trail: how the layer came to be, the innermost block first.
        follows: it only follows from another problem, and is not told; nor is what else its place
            seems to have wrong.
    """

    code: str
    mark: Mark | None
    path: str
    why: str
    got: str = ""
    hint: str = ""
    severity: Severity = "error"
    trail: tuple[str, ...] = ()
    follows: bool = False

    def render(self) -> str:
        """Return the problem as people read it, two to five lines."""
        place = " ".join(part for part in (str(self.mark or ""), self.path) if part)
        head = f"{self.severity}[{self.code}] {place}: {self.why}"
        remark = "; ".join(part for part in (self.got and f"got {self.got}", self.hint) if part)
        first, _, rest = remark.partition("\n")
        see = f"see: protonet explain {self.code}"
        tail = f"      {first:<{_HINT_COLUMN - 2}}  {see}" if first else f"      {see}"
        more = [f"      {line}" for line in (*rest.splitlines(), *self.trail)]
        return "\n".join([head, *(self.mark.snippet() if self.mark else []), tail, *more])

    def as_data(self) -> dict[str, object]:
        """Return the problem as plain data, for editors and other programs; lines and columns count
        from 1, `end_column` is one past the last."""
        mark = self.mark
        return {
            "severity": self.severity,
            "code": self.code,
            "file": mark.source.name if mark else None,
            "line": mark.line if mark else None,
            "column": mark.column if mark else None,
            "end_column": mark.end if mark else None,
            "path": self.path,
            "message": self.why,
            "got": self.got,
            "hint": self.hint,
            "trail": list(self.trail),
        }


@dataclass(frozen=True, slots=True)
class Code:
    """What one code means: a title, and a paragraph for `protonet explain`."""

    title: str
    explanation: str


CODES: MappingProxyType[str, Code] = MappingProxyType(
    {
        "PN001": Code(
            "not YAML",
            "The text cannot be read as YAML 1.2. Usual causes: a missing closing bracket, a tab "
            "used for indentation, a colon inside an unquoted text, a list item at another depth.",
        ),
        "PN002": Code(
            "a repeated key",
            "The same key stands twice in one map. Most YAML readers silently keep the last one; "
            "protonet refuses, because one of the two is surely not what you meant.",
        ),
        "PN003": Code(
            "an ambiguous number",
            "A number with a leading zero is 10 to one reader and 8 to another. Write it without "
            "the zero, or in quotes if it is a text.",
        ),
        "PN004": Code(
            "too deep or too large",
            "The text nests deeper, or its aliases unfold larger, than any real spec does.",
        ),
        "PN005": Code("not a map", "A spec is a map with the keys name, data, net and solver."),
        "PN010": Code(
            "wrong type",
            "The value has another type than the key takes. protonet converts nothing silently: a "
            "text is no number, yes is no boolean (write true), 1 is no boolean.",
        ),
        "PN011": Code("missing key", "The key has no default and must be given."),
        "PN012": Code(
            "unknown key",
            "No such key exists here, so it would have had no effect. Look for a spelling "
            "mistake; the nearest known key is shown.",
        ),
        "PN013": Code(
            "out of range",
            "The value has the right type but lies outside what the key takes.",
        ),
        "PN014": Code(
            "unknown value",
            "The key takes one of a few values; the message lists them.",
        ),
        "PN015": Code(
            "keys that exclude each other",
            "These keys say the same thing in two ways, or contradict.",
        ),
        "PN016": Code(
            "not available yet",
            "This version cannot do it, or not beside what else the spec asks for.",
        ),
        "PN020": Code("unknown layer type", "No layer type of this name is registered."),
        "PN021": Code(
            "a repeated layer name",
            "Two layers of one phase have the same name; weights are stored by layer name.",
        ),
        "PN022": Code(
            "a bad layer name",
            "A layer name is not empty and has no dot: dots separate the words of a path.",
        ),
        "PN023": Code(
            "a missing blob",
            "A bottom names a blob that no input and no layer above produces in this phase. "
            "Layers run in the order of the file; a blob must be made before it is used.",
        ),
        "PN024": Code("wrong number of bottoms", "The layer type takes another number of bottoms."),
        "PN025": Code("wrong number of tops", "The layer type gives another number of tops."),
        "PN026": Code(
            "a shape that cannot be",
            "The layer cannot work on bottoms of these shapes. The message names where each "
            "bottom comes from and shows the arithmetic.",
        ),
        "PN027": Code(
            "a parameter that the layer does not have",
            "`param` names a parameter of another type, or one switched off.",
        ),
        "PN028": Code(
            "shared parameters that differ",
            "Parameters of one name are one tensor, so their shapes must agree.",
        ),
        "PN029": Code(
            "no net for this phase",
            "No layer is left in this phase, or nothing to train or to measure.",
        ),
        "PN030": Code(
            "an override that fits nothing",
            "The command line names a key or a layer that the spec does not have.",
        ),
        "PN031": Code(
            "a blob that nobody reads",
            "A top is neither read by a layer nor a loss, a metric or a declared output.",
        ),
        "PN032": Code(
            "an expression that cannot be computed",
            "`$name` and `$(expression)` stand for values: block arguments, `vars`, and "
            "`$data.classes`. There is arithmetic, comparison, `a if c else b`, list[index], min, "
            "max and round. In flow style YAML itself splits at a comma, a bracket, `: ` or ` #`: "
            "put such a value in quotes. A dollar is written $$.",
        ),
        "PN033": Code(
            "a block that cannot be used so",
            "A block is a named list of layers with arguments, used like a layer type. It must not "
            "contain itself, takes the bottoms it declares, and the arguments it declares.",
        ),
        "PN034": Code(
            "another file that does not fit",
            "`base` and `net` name a file that this one builds on. Layers merge by name, `after`, "
            "`before` and `remove` say what becomes of them; a file must not build on itself.",
        ),
        "PN035": Code(
            "a plugin that cannot be loaded",
            "`plugins` names Python files with layer types of your own (records of LayerType). "
            "They run code, so only those named in the file given on the command line load; those "
            "of a base or a pulled model need --allow-plugins.",
        ),
        "PN036": Code(
            "a share that fits nothing",
            "`share` names a layer or an instance above, of the same type, whose parameters are "
            "used, all of them.",
        ),
        "PN040": Code(
            "a data source that cannot be used",
            "The source is missing, unreadable, or holds other fields than the net needs.",
        ),
        "PN041": Code(
            "data that does not fit the net",
            "A field of the data set has another shape or type than the net's input.",
        ),
        "PN042": Code("nothing to train on", "Training needs the sections data.train and solver."),
        "PN043": Code(
            "an evaluation that is probably not meant so",
            "The test does not cover its set, or a set is read in an order that training suffers "
            "from.",
        ),
        "PN044": Code(
            "a value that is surely wrong",
            "The value is legal, and a training with it seldom works: a rate that grows, a step "
            "that is never reached.",
        ),
        "PN045": Code(
            "a layer that does nothing for the loss",
            "No loss depends on the layer, so it is computed and never trained; or a loss depends "
            "on no parameter, so it trains nothing.",
        ),
        "PN046": Code(
            "a partner that is missing",
            "Caffe's BatchNorm only normalises: the learned factor and bias are the Scale layer "
            "(bias_term: true) that follows it.",
        ),
        "PN050": Code("not prototxt", "The text cannot be read as protocol buffer text format."),
        "PN051": Code(
            "a Caffe field that is unknown",
            "The prototxt has a field that Caffe's caffe.proto does not have, or that protonet "
            "cannot import.",
        ),
        "PN052": Code("not in Caffe", "Caffe's files have no word for this layer, key or axis."),
    }
)
"""Every code a `Problem` may carry. A code, once published, keeps its meaning."""
