"""ARTIFACT + FEATURES → TIMED COUPONS → REDEMPTION: rules decide, the journal appends, the desk speaks to tills."""
