"""What people can do: authorize, transact, audit. One short method each; the worker never imports this."""
