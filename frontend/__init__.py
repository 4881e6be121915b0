"""The pages of the studio: they show what the library computes and hold no maths."""
