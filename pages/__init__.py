"""The pages. Every file only defines; app.py registers and runs them."""
