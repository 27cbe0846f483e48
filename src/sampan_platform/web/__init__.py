"""The pages: what a reporter and a coordinator do all day. Each screen is a folder here."""
