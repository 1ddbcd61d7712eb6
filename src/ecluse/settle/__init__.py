"""From a check to its payment: quote, claim, statement. Acts pass through, and stay with nobody here.

Pure: `entitlement`, `standing`, `claim`, `statement`. `rows` is the database's side.
"""
