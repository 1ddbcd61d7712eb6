-- Where a practice is: the keyring compares it with where the persons asked about were born.
GRANT SELECT (organisation, region) ON organisation TO ecluse_keyring;
