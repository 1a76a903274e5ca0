"""Which source of a set feeds which input of a net, and with which of its fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from protonet.errors import PathError, PathErrors
from protonet.net.form import Form
from protonet.records import suggestion
from protonet.run.found import Found

_Giver = tuple[int, str]
"""The number of a source, and the field of it."""


def feed_inputs(found: Sequence[Found], net: Form) -> list[dict[str, str]]:
    """Return for each source: input of the net → field of the dataset.

    A field feeds the input that `fields` names for it, else the one of its own name; what is named
    for an input wins over what only has its name.

    Raises: PathErrors naming every input that nothing feeds or two fields do, and every rename of
        what is not there.
    """
    strange = [error for one in found for error in _strange_renames(one, net)]
    errors = list(strange)
    fields: list[dict[str, str]] = [{} for _ in found]
    for blob in net.inputs:
        givers = _givers(blob, found)
        if len(givers) == 1:
            number, field = givers[0]
            fields[number][blob] = field
        elif not givers:
            errors.append(_missing(blob, found))
        elif not strange:  # a rename that is mended may be what tells them apart
            errors.append(_twice(blob, found, givers))
    if errors:
        raise PathErrors(errors)
    return fields


def _strange_renames(one: Found, net: Form) -> Iterator[PathError]:
    known = _names(one)
    for field, blob in one.spec.fields.items():
        path = (*one.place, "fields", field)
        if field not in known:
            hint = suggestion(field, known)
            yield PathError("PN040", path, f"the dataset has no field {field}", hint=hint)
        elif blob not in net.inputs:
            hint = suggestion(blob, net.inputs)
            yield PathError("PN040", path, f"the net reads no input {blob}", hint=hint)


def _givers(blob: str, found: Sequence[Found]) -> list[_Giver]:
    """Return every field that feeds an input.

    One that is renamed feeds the input of its own name, too, where nothing else does.
    """
    numbered = list(enumerate(found))
    named = [(n, old) for n, one in numbered for old, new in one.spec.fields.items() if new == blob]
    own = [(n, blob) for n, one in numbered if blob in _names(one)]
    return named or [(n, blob) for n, _ in own if blob not in found[n].spec.fields] or own


def _missing(blob: str, found: Sequence[Found]) -> PathError:
    name_it = f"name the one to use: fields: {{FIELD: {blob}}}"
    if len(found) == 1:
        why = f"the dataset has no field for the net's input {blob}"
        hint = f"it has {', '.join(_names(found[0]))}; {name_it}"
        return PathError("PN040", (*found[0].place, "source"), why, hint=hint)
    has = [f"{one.dataset.path} has {', '.join(_names(one))}" for one in found]
    why = f"no source has a field for the net's input {blob}"
    return PathError("PN040", found[0].place[:2], why, hint="; ".join([*has, name_it]))


def _twice(blob: str, found: Sequence[Found], givers: list[_Giver]) -> PathError:
    first, second = (f"{field} of {found[n].dataset.path}" for n, field in givers[:2])
    number, field = givers[1]
    one = found[number]
    named = one.spec.fields.get(field) == blob
    place = (*one.place, "fields", field) if named else (*one.place, "source")
    hint = "remove one" if named else f"name the one to use: fields: {{{field}: {blob}}}"
    why = f"the net's input {blob} is fed twice, by {first} and by {second}"
    return PathError("PN040", place, why, hint=hint)


def _names(one: Found) -> list[str]:
    return [field.name for field in one.header.fields]
