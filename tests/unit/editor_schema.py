#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The schema that `relais check --schema` prints takes every operator's file and refuses what an
editor must underline: editor_schema.py RELAIS, from the root of the tree."""
import glob
import json
import re
import subprocess
import sys

import jsonschema
import yaml

# Mistakes that a schema can see, by folder of tests/unit/mistakes.
SEEN = ["05-champ-mal-ecrit", "07-cle-mal-ecrite", "08-cle-mal-ecrite-a-la-racine", "11-type-de-source-mal-ecrit",
        "24-sans-identite"]


class Loader(yaml.SafeLoader):
    """As editors read YAML (1.2): `on` is a text, and so are days."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rows if not tag.endswith((":bool", ":timestamp"))]
    for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), "tf")


def load(path):
    with open(path, encoding="utf-8") as file:
        return yaml.load(file, Loader=Loader)


def main():
    printed = subprocess.run([sys.argv[1], "check", "--schema"], check=True, capture_output=True).stdout
    schema = json.loads(printed)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    failures = 0
    files = sorted(glob.glob("connectors/operators/*/connector.yaml"))
    files.append("tests/unit/mistakes/00-sans-faute/connector.yaml")
    for path in files:
        for error in validator.iter_errors(load(path)):
            print("FAILED:", path, list(error.path), error.message[:200])
            failures += 1
    for name in SEEN:
        path = "tests/unit/mistakes/%s/connector.yaml" % name
        if validator.is_valid(load(path)):
            print("FAILED:", path, "is not refused")
            failures += 1
    if len(files) < 3:
        print("FAILED: no operators' files")
        failures += 1
    sys.exit(failures > 0)


main()
