"""Judges declarations, {name: declaration} as JSON on standard input, by the schema that is named, with the jsonschema module.
Prints {name: [key, ...]}: each key that the schema finds something at, as failover.interval or parity.ignore[0].reason."""
import json, sys
from jsonschema import Draft202012Validator

schema = json.load(open(sys.argv[1]))
Draft202012Validator.check_schema(schema)
judge = Draft202012Validator(schema)


def joined(path, *more):
    text = ""
    for part in [*path, *more]:
        text += f"[{part}]" if isinstance(part, int) else "." + part
    return text.removeprefix(".")


def keys(error):
    if error.validator == "required":
        return [joined(error.absolute_path, k) for k in error.validator_value if k not in error.instance]
    if error.validator == "additionalProperties":
        return [joined(error.absolute_path, k) for k in error.instance if k not in error.schema["properties"]]
    return [joined(error.absolute_path)]


found = {}
for name, declaration in json.load(sys.stdin).items():
    found[name] = sorted({k for e in judge.iter_errors(declaration) for k in keys(e)})
json.dump(found, sys.stdout)
