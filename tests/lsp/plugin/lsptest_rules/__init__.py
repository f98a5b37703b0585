"""Rules without a meaning, so that what the server does with findings is tested apart from what rules find."""

API = 1
PACKAGES = ("lsptest",)
EXCLUDE = ()
TYPES = {}
APPLICATION = ("lsptest", "app")
