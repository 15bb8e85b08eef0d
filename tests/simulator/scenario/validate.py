#!/usr/bin/env python3
"""Validates YAML files against a JSON Schema: validate.py SCHEMA FILE... One line a file: "ok FILE" or "refused FILE: why"."""
import json
import sys

import jsonschema
import yaml


class Loader(yaml.SafeLoader):
    """YAML 1.2's idea of what is no text: "on" is a word, and 1:30 is no number in base 60."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", __import__("re").compile("^(true|false)$"), list("tf"))


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for name in sys.argv[2:]:
        with open(name, encoding="utf-8") as file:
            document = yaml.load(file, Loader)
        errors = sorted(validator.iter_errors(document), key=lambda error: list(map(str, error.path)))
        print(f"ok {name}" if not errors else f"refused {name}: {errors[0].message[:300]} at {list(errors[0].path)}")


main()
