"""The plate's camera, the condition picture moved by it, and a composite's painted subject."""
