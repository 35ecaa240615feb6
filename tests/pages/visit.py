"""What AppTest runs: one visit, as the server makes it. The script stands apart from pages/, so nothing else is run."""

from app import main

main()
