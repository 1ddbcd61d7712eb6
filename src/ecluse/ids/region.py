"""Where a number was given: the region of birth, as far as its place of birth tells (pure)."""

from __future__ import annotations


#: Departments of each region that has any, and the region's share of the population, by INSEE
#: region code (Code officiel géographique 2025, legal populations 2022; Licence Ouverte 2.0).
REGIONS: dict[str, tuple[str, float]] = {
    "01": ("971", 0.006),
    "02": ("972", 0.005),
    "03": ("973", 0.004),
    "04": ("974", 0.013),
    "06": ("976", 0.004),
    "11": ("75 77 78 91 92 93 94 95", 0.181),
    "24": ("18 28 36 37 41 45", 0.038),
    "27": ("21 25 39 58 70 71 89 90", 0.041),
    "28": ("14 27 50 61 76", 0.049),
    "32": ("02 59 60 62 80", 0.087),
    "44": ("08 10 51 52 54 55 57 67 68 88", 0.081),
    "52": ("44 49 53 72 85", 0.057),
    "53": ("22 29 35 56", 0.050),
    "75": ("16 17 19 23 24 33 40 47 64 79 86 87", 0.089),
    "76": ("09 11 12 30 31 32 34 46 48 65 66 81 82", 0.089),
    "84": ("01 03 07 15 26 38 42 43 63 69 73 74", 0.119),
    "93": ("04 05 06 13 83 84", 0.076),
    "94": ("20 2A 2B", 0.005),
}
_OF_DEPARTMENT = {
    department: region for region, (text, _) in REGIONS.items() for department in text.split()
}


def of_birth(nir13: str) -> str | None:
    """Return the INSEE code of the region of birth; None for a birth abroad or elsewhere.

    Algeria's departments of before 1962 shared their codes with four that were made in 1968 (91 to
    94): who was born there counts for Île-de-France.

    Args:
        nir13: The number's thirteen characters.
    """
    place = nir13[5:10]
    department = place[:3] if place[:2] in {"97", "98"} else place[:2]
    return _OF_DEPARTMENT.get(department)
