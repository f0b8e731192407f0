"""T-N for CLIPS: N rules with a loop that replays a file, and that file.

CLIPS reads no JSON, so the three fields that the rules read are written out beforehand; this is not in its time.
"""
import json
import os

from workload import thresholds

HEAD = """(defglobal ?*hits* = 0)
(deftemplate event (slot device) (slot price) (slot dwell))
"""
RULE = """(defrule t{k}
  (event (device {device}) (price ?p&:(> ?p {price})) (dwell ?d&:(> ?d {dwell})))
  =>
  (bind ?*hits* (+ ?*hits* 1)))
"""
REPLAY = """(deffunction replay (?file)
  (open ?file in "r")
  (bind ?device (read in))
  (while (neq ?device EOF) do
    (bind ?fact (assert (event (device ?device) (price (read in)) (dwell (read in)))))
    (run)
    (retract ?fact)
    (bind ?device (read in)))
  (close in))
(replay "{facts}")
(printout t "{{\\"t\\": " ?*hits* "}}" crlf)
(exit)
"""


def write(events, count, folder):
    """Writes the batch file and the facts, and returns the batch file's name."""
    name = os.path.splitext(os.path.basename(events))[0]
    facts, batch = os.path.join(folder, f"{name}.facts"), os.path.join(folder, f"{name}-t{count}.clp")
    with open(events, encoding="utf-8") as lines, open(facts, "w", encoding="utf-8") as out:
        for event in map(json.loads, lines):
            out.write(f"{event['device']} {event['vehicle_price']} {event['dwell_s']}\n")
    with open(batch, "w", encoding="utf-8") as out:
        out.write(HEAD)
        for k, (price, dwell, device) in enumerate(thresholds(count)):
            out.write(RULE.format(k=k, price=price, dwell=dwell, device=device))
        out.write(REPLAY.format(facts=facts))
    return batch
