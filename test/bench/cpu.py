# Runs what it is told on stdin (one JSON object a line: argv, env) and answers with the CPU microseconds (user and system)
# that the kernel counted for that process and its children, its exit code, and how much it printed.
import json, os, sys

for line in sys.stdin:
    job = json.loads(line)
    reader, writer = os.pipe()
    null = os.open(os.devnull, os.O_RDONLY)
    actions = [
        (os.POSIX_SPAWN_DUP2, null, 0),
        (os.POSIX_SPAWN_DUP2, writer, 1),
        (os.POSIX_SPAWN_DUP2, writer, 2),
        (os.POSIX_SPAWN_CLOSE, reader),
    ]
    pid = os.posix_spawn(job["argv"][0], job["argv"], job["env"], file_actions=actions)
    os.close(writer)
    os.close(null)
    size = 0
    while True:
        part = os.read(reader, 1 << 16)
        if not part:
            break
        size += len(part)
    os.close(reader)
    _, status, usage = os.wait4(pid, 0)
    microseconds = round((usage.ru_utime + usage.ru_stime) * 1e6)
    code = os.waitstatus_to_exitcode(status)
    print(json.dumps({"microseconds": microseconds, "code": code, "size": size}), flush=True)
