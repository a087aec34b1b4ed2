"""`python -m niangjia` is the command `niangjia`."""

from niangjia.cli.main import app

app(prog_name="niangjia")
