"""IDENTITIES → PEOPLE: what a card, a phone or a receipt says of whom, hashed at the door, resolved by evidence, audited."""
