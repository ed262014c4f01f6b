# SPDX-License-Identifier: Apache-2.0
"""Invented people. The same seed and number always give the same person, in every system.

Nobody here exists: e-mail is at example.org, phones are 06010203xx, addresses are invented.
Names have what real ones have: accents, ligatures, particles, apostrophes, double names.
"""

import datetime
import hashlib
import random

FIRST_NAMES = ("Ana Zoé Inès Chloé Aïcha Maëlle Léa Noémie Fatou Lucie Jeanne Anne-Sophie Solène Maud Élodie "
               "Karim Théo Loïc Noël José Étienne Jean-Marc Malik Gaël Benoît Rémi Yannick Ousmane Paul Luc").split()
FAMILY_NAMES = ("EXEMPLE MODÈLE ESSAI SPÉCIMEN ÉCHANTILLON D'ESSAI DE-LA-FICTION LEFEBVRE-EXEMPLE CŒUR-ESSAI "
                "INVENTÉ PERSONNE-FICTIVE MAQUETTE PROTOTYPE ÉBAUCHE CROQUIS BROUILLON CALQUE GABARIT ESQUISSE "
                "PATRON CANEVAS SIMULÉ N'IMPORTE ÎLE-FICTIVE HAÜY-ESSAI").split()
STREETS = ["rue de l'Exemple", "place du Modèle", "avenue de l'Essai", "chemin du Spécimen"]
TOWNS = ["57000 Metz", "54000 Nancy", "67000 Strasbourg", "75011 Paris", "93100 Montreuil"]
NOTES = ["Préfère le matin.", "À rappeler après 17 h.", "A déjà fait un bilan en 2019.",
         "Souhaite un entretien à distance.", "Besoin d'un accès de plain-pied.", "Projet : ouvrir un atelier."]


def _plain(name):
    """A name as it may stand in an e-mail address."""
    table = str.maketrans("àâäéèêëîïôöùûüç", "aaaeeeeiioouuuc")
    return "".join(c for c in name.lower().replace("œ", "oe").translate(table) if c.isascii() and c.isalnum())


def person(seed, number):
    """Person `number` of the people of `seed`."""
    dice = random.Random(f"{seed}/{number}")
    first, last = dice.choice(FIRST_NAMES), dice.choice(FAMILY_NAMES)
    married = dice.random() < 0.3
    born = datetime.date(1962, 1, 1) + datetime.timedelta(days=dice.randrange(15000))
    phone = f"06010203{dice.randrange(100):02d}"
    return {
        "number": number,
        "first_name": first,
        "birth_name": last if married else None,
        "last_name": dice.choice(FAMILY_NAMES) if married else last,
        "birth_date": born.isoformat(),
        "phone": phone,
        "phone_formatted": "+33" + phone[1:],
        "email": f"{_plain(first)}.{_plain(last)}.{number}@example.org",
        "address": f"{dice.randrange(1, 99)} {dice.choice(STREETS)}, {dice.choice(TOWNS)}",
        "ft_number": f"9{dice.randrange(10 ** 10):010d}",
        "note": dice.choice(NOTES) if dice.random() < 0.5 else None,
    }


def digests(user):
    """By which a person is told from another with no value in clear: who she is, how to reach her, the rest; "-" where nothing is told."""
    user = {**user, "birth_name": user.get("birth_name") or user.get("last_name")}
    parts = [("birth_name", "first_name", "birth_date"), ("phone_formatted", "email"), ("last_name", "address")]
    told = [[user.get(name) or "" for name in names] for names in parts]
    return " ".join(hashlib.blake2b("\x1f".join(texts).encode(), digest_size=6).hexdigest() if any(texts) else "-" for texts in told)
