"""`lifelong discover`: search for local plasticity rules, and confirm what is found on other worlds and seeds."""
