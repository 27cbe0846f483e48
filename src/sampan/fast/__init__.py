"""A first-order method for large networks, certified from both sides. Loaded only when asked for.

`program` scales the model, `kernel` iterates, `repair` makes plans of iterates, `bound` makes
proofs of prices, and `drive` runs them against each other until the gap is closed.
"""
