"""Events that partners are told of by webhook: what there is, who is owed it, and its delivery.

kinds       what can happen, and which scope may hear of it
owing       new rows of our tables → one message for each endpoint that wants it
signing     Standard Webhooks: id, timestamp, signature
delivering  messages → their endpoints, in order for each person, for three days
endpoints   made, changed, rotated, tested, replayed
"""
