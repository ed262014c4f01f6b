#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes commune.csv and postcode.csv from the editions of the npm package @etalab/decoupage-administratif.

make_communes.py FOLDER: fetches the editions into FOLDER with npm (once) and writes the two lists beside itself.

The package carries INSEE's Code officiel géographique, one edition a version, and La Poste's postcodes. The edition of
2019 also has the history since 1943, to the day. What ended or began after it is dated by the first edition that shows
it (1 January): most changes take effect on that day; one of the year before may have been a few months earlier.
"""
import json
import pathlib
import subprocess
import sys
import tarfile

PACKAGE = "@etalab/decoupage-administratif"
# Day of the edition, version of the package. That of 2020 was never published.
EDITIONS = [
    ("2019-01-01", "0.7.0"), ("2021-01-01", "1.1.1"), ("2022-01-01", "2.3.1"), ("2023-01-01", "3.1.1"),
    ("2024-01-01", "4.1.0"), ("2025-01-01", "5.3.0"), ("2026-01-01", "6.0.0"),
]
HEADS = {
    "commune.csv": "# Communes : INSEE, Code officiel géographique au 2026-01-01, et celles qui l'ont été depuis 1943 ; par le paquet npm\n"
    "# @etalab/decoupage-administratif 6.0.0 et ses éditions précédentes (données : Licence Ouverte) ; make_communes.py.\n"
    "# code,valid_from,valid_to (exclu),successeur (arrondissements : leur ville),nom ; une date vide est ouverte.\n",
    "postcode.csv": "# Codes postaux et leurs communes : La Poste, base officielle des codes postaux, telle que le paquet npm\n"
    "# @etalab/decoupage-administratif 6.0.0 (2026) la donne (données : Licence Ouverte) ; make_communes.py.\n",
}
OWN = pathlib.Path(__file__).parent


def read(folder, version, name):
    """One file of one version of the package."""
    archive = folder / f"etalab-decoupage-administratif-{version}.tgz"
    if not archive.exists():
        subprocess.run(["npm", "pack", "--silent", f"{PACKAGE}@{version}"], cwd=folder, check=True)
    with tarfile.open(archive) as package:
        return json.load(package.extractfile(f"package/data/{name}.json"))


def successor_of(end, by_id):
    """The code of the commune that took over from this one, on the day of its end; "" when none did."""
    follower = by_id.get(end.get("successeur"))
    if follower and "pole" in follower:
        follower = by_id.get(follower["pole"])
    return follower["code"] if follower else ""


def history(rows):
    """{code: [[from, to, label, successor]]} of all communes between 1943 and the first edition."""
    by_id = {row["id"]: row for row in rows}
    periods = {}
    own = [row for row in rows if row["type"] == "COM"]
    for row in sorted(own, key=lambda r: (r["code"], r.get("dateDebut", ""))):
        of_code = periods.setdefault(row["code"], [])
        period = [row.get("dateDebut", ""), row.get("dateFin", ""), row["nom"], successor_of(row, by_id)]
        if of_code and of_code[-1][1] == period[0]:  # a new name, or the new commune of an old code
            period[0] = of_code.pop()[0]
        of_code.append(period)
    return periods


def later(periods, folder):
    """Adds what the editions after the first one show; returns the last one."""
    known = {code for code, of_code in periods.items() if of_code[-1][1] == ""}
    communes = []
    for day, version in EDITIONS[1:]:
        communes = read(folder, version, "communes")
        names = {row["code"]: row["nom"] for row in communes if row["type"] == "commune-actuelle"}
        heirs = {row["code"]: row["chefLieu"] for row in communes if "chefLieu" in row}
        for row in communes:
            heirs.update({old: row["code"] for old in row.get("anciensCodes", [])})
        for code in known - set(names):
            periods[code][-1][1] = day
            periods[code][-1][3] = heirs.get(code, "")
        for code, name in names.items():
            if code in known:
                periods[code][-1][2] = name
            elif day == EDITIONS[1][0] and code[:3] >= "975" and code[:3] != "976":  # never part of the history
                periods[code] = [["", "", name, ""]]
            else:
                periods.setdefault(code, []).append([day, "", name, ""])
        known = set(names)
    return communes


def write(name, lines):
    """Sorted by bytes: what reads it bisects."""
    text = "".join(line + "\n" for line in sorted(lines, key=lambda line: line.encode()))
    (OWN / name).write_text(HEADS[name] + text, encoding="utf-8")


def main(folder):
    periods = history(read(folder, EDITIONS[0][1], "historique-communes"))
    communes = later(periods, folder)
    lines = []
    for code, of_code in periods.items():
        for start, end, label, heir in of_code:
            lines.append(f"{code},{start},{end},{heir if end else ''},{label}")
    postcodes = set()
    for row in communes:
        if row["type"] == "arrondissement-municipal":
            lines.append(f"{row['code']},,,{row['commune']},{row['nom']}")
        if row["type"] in ("commune-actuelle", "arrondissement-municipal"):
            postcodes.update(f"{postcode},{row['code']}" for postcode in row.get("codesPostaux", []))
    if any(line.count(",") != 4 or '"' in line for line in lines):
        sys.exit("a name with a comma or a quote: the lists have none")
    write("commune.csv", lines)
    write("postcode.csv", postcodes)
    print(len(lines), "communes,", len(postcodes), "pairs of postcode and commune")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
