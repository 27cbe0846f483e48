"""The pages in a real browser, on the demo's data; started by `python -m tests.browser.run`."""
