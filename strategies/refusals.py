"""What is wrong with a setting, in plain words."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

# What a value should be, by pydantic's name of the error and what it says with it; other names keep its own words.
WANTED: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "literal_error": lambda said: str(said["expected"]),
    "greater_than_equal": lambda said: f"{said['ge']:g} or more",
    "greater_than": lambda said: f"more than {said['gt']:g}",
    "less_than_equal": lambda said: f"{said['le']:g} or less",
    "less_than": lambda said: f"less than {said['lt']:g}",
    "finite_number": lambda _: "a finite number",
    "float_type": lambda _: "a number",
    "float_parsing": lambda _: "a number",
    "int_type": lambda _: "a whole number",
    "int_parsing": lambda _: "a whole number",
    "int_from_float": lambda _: "a whole number",
    "bool_type": lambda _: "true or false",
    "bool_parsing": lambda _: "true or false",
    "string_type": lambda _: "text",
    "tuple_type": lambda _: "a list",
    "dict_type": lambda _: "a section of keys",
    "mapping_type": lambda _: "a section of keys",
    "model_type": lambda _: "a section of keys",
}


def refusal(error: ValidationError, what: str, model: type[BaseModel]) -> str:
    """Put what pydantic found into one sentence.

    Parameters
    ----------
    error : ValidationError
    what : str
        What was being read, such as a file.
    model : type of BaseModel
        That it was read as.

    Returns
    -------
    str
        Names the first key at fault, its value, and everything it might be instead.
    """
    found = [(_located(one["loc"], model), one) for one in error.errors()]
    place, first = found[0]
    key = place.key
    if first["type"] == "extra_forbidden":
        return f"{what}: unknown key {key!r}.{_meant(place, model)}"
    if first["type"] == "missing":
        return f"{what}: key {key!r} is missing."
    if first["type"] == "union_tag_invalid":
        said = first["ctx"]
        kind = f"{key}.kind" if key else "kind"
        return f"{what}: {kind} = {said['tag']!r}: want {said['expected_tags'].replace(',', ' or')}."
    given = "" if isinstance(first["input"], (Mapping, BaseModel)) else f" = {first['input']!r}"
    begins = f"{what}: {key}{given}" if key else what
    if first["type"] == "value_error":
        return f"{begins}: {first['msg'].removeprefix('Value error, ')}."
    # A key that may be one of several things is refused once as each.
    wanted = dict.fromkeys(_wanted(one) for of, one in found if of.key == key)
    return f"{begins}: want {', or '.join(wanted)}."


def keys_of(model: type[BaseModel]) -> dict[str, list[FieldInfo]]:
    """List the keys of a model, those of its sections by their dotted names.

    Parameters
    ----------
    model : type of BaseModel

    Returns
    -------
    dict of str to list of FieldInfo
        Several where a section is of several kinds that have a key of the same name.
    """
    found = dict[str, list[FieldInfo]]()
    for name, field in model.model_fields.items():
        sections = _sections(field.annotation)
        if not sections:
            found[name] = [field]
        for section in sections:
            for key, fields in keys_of(section).items():
                # Keys that stand in one table with those of their section are named without it.
                named = key if name == getattr(model, "keys_of", None) else f"{name}.{key}"
                found.setdefault(named, []).extend(fields)
    return found


def _sections(annotation: Any) -> list[type[BaseModel]]:
    """Find the sections that a key stands for; none where it may be something else too."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    parts = get_args(annotation)[:1] if get_origin(annotation) is Annotated else get_args(annotation)
    found = [_sections(part) for part in parts] if get_origin(annotation) in (Annotated, Union, UnionType) else []
    return [section for sections in found for section in sections] if all(found) else []


class _Place(NamedTuple):
    """A key as it is written, by its section and itself; names of its table, and of tables of other kinds."""

    key: str
    own: list[str]
    of_other_kinds: list[str]


def _meant(place: _Place, model: type[BaseModel]) -> str:
    """Say whose the key is, or ask whether one with a like name was meant: of its own table, or the same of another."""
    table, _, name = place.key.rpartition(".")
    if name in place.of_other_kinds:
        return f" Another kind of {table or 'signal'} has it."
    begin = f"{table}." if table else ""
    found = [begin + one for one in get_close_matches(name, place.own, n=2, cutoff=0.7)]
    found = found or [one for one in keys_of(model) if one.rpartition(".")[2] == name][:2]
    return f" Did you mean {' or '.join(found)}?" if found else ""


def _located(location: tuple[int | str, ...], model: type[BaseModel]) -> _Place:
    """Find the place of what was refused."""
    named, tables, others = list[str](), [model], list[str]()
    of: Any = model
    for part in location:
        if get_origin(of) is Mapping:
            named.append(str(part))  # of sections by name: the name of one
            of = get_args(of)[1]
            if not (isinstance(of, type) and issubclass(of, BaseModel)):
                break
            tables = [of]
            continue
        if part == getattr(of, "keys_of", None):  # whose keys stand in the same table: the part is no key
            of = of.model_fields[part].annotation
            tables += [of] if isinstance(of, type) and issubclass(of, BaseModel) else []
            continue
        if get_origin(of) is Union:  # a section of several kinds: the part names the kind, and is no key
            others = [name for section in _sections(of) for name in section.model_fields]
            of = _of_kind(of, part)
            if of is None:
                break
            tables.append(of)
            continue
        named.append(str(part))
        field = of.model_fields.get(part)
        of = None if field is None else field.annotation
        if isinstance(of, type) and issubclass(of, BaseModel):
            tables = [of]
        elif get_origin(of) in (Mapping, Union):
            tables = []
        else:
            break
    return _Place(".".join(named), [name for table in tables for name in table.model_fields], others)


def _of_kind(union: Any, kind: int | str) -> type[BaseModel] | None:
    """Choose the section whose key `kind` has a value by default."""
    for one in get_args(union):
        section = get_args(one)[0] if get_origin(one) is Annotated else one
        if (
            isinstance(section, type)
            and issubclass(section, BaseModel)
            and section.model_fields["kind"].default == kind
        ):
            return section
    return None


def _wanted(one: Mapping[str, Any]) -> str:
    words = WANTED.get(one["type"])
    if words is None:
        return str(one["msg"]).removeprefix("Input should be ")
    return words(one.get("ctx", {}))
