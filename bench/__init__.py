"""The measured claims, each a command: `niangjia bench …`, from a checkout. Figures go into docs/measured.md."""
