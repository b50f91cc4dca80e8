"""Ask pip-audit for known holes in what we lock; say so plainly where its data cannot be had."""

import json
import subprocess
import sys

COMMAND = [sys.executable, "-m", "pip_audit", "--requirement", "requirements.txt", "--require-hashes", "--disable-pip"]
COMMAND += ["--format", "json", "--progress-spinner", "off"]

done = subprocess.run(COMMAND, capture_output=True, text=True)
try:
    packages = json.loads(done.stdout)["dependencies"]
except (ValueError, KeyError):
    print(
        f"pip-audit: its data cannot be had here ({(done.stderr.strip() or 'no reason given').splitlines()[-1][:120]})"
    )
    sys.exit(0)
holes = [f"{p['name']} {p['version']}: {hole['id']}" for p in packages for hole in p.get("vulns", [])]
asked = [p for p in packages if "skip_reason" not in p]
if not asked:
    print(f"pip-audit: its data cannot be had here, 0 of {len(packages)} packages were audited")
else:
    print(f"pip-audit: {len(asked)} of {len(packages)} packages audited, {len(holes)} known holes")
print("\n".join(holes), end="\n" if holes else "")
sys.exit(bool(holes))
