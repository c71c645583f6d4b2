"""Judges SARIF on standard input by the schema that is named, with the jsonschema module."""
import json, sys
from jsonschema import validators

schema = json.load(open(sys.argv[1]))
wrong = list(validators.validator_for(schema)(schema).iter_errors(json.load(sys.stdin)))
for e in wrong:
    print("/".join(map(str, e.absolute_path)) + ": " + e.message)
sys.exit(len(wrong) > 0)
