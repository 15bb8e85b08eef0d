#!/usr/bin/env python3
"""Runs nm over core's archives and fails on any symbol that touches the machine: a clock, a socket, a file, a
thread, the environment, chance from outside. Usage: purity.py BUILD_FOLDER"""
import pathlib
import re
import subprocess
import sys

IMPURE = re.compile(
    r"\b(socket|bind|connect|accept4?|listen|send(to|msg)?|recv(from|msg)?|getaddrinfo|gethostbyname"
    r"|open(at)?(64)?|fopen(64)?|creat|mmap|unlink|rename|mkdir|opendir|stat(64)?|fsync|fdatasync"
    r"|time|gettimeofday|clock_gettime|clock|nanosleep|usleep|sleep"
    r"|pthread_create|pthread_mutex_lock|fork|v?execv?e?|posix_spawn|kill|waitpid"
    r"|getenv|setenv|rand|srand|random|getrandom|getentropy|arc4random)(@.*)?$"
    r"|std::(basic_[io]?fstream|basic_filebuf|random_device|thread|mutex|condition_variable|filesystem)"
    r"|std::chrono::_V2::(system|steady)_clock|boost::asio|spdlog")


def main():
    build = pathlib.Path(sys.argv[1])
    archives = sorted((build / "core").rglob("*.a"))
    if not archives:
        print(f"no archives under {build}/core: build it first")
        return 1
    wrong = []
    for archive in archives:
        listing = subprocess.run(["nm", "-u", "-C", "-A", str(archive)], capture_output=True, text=True, check=True).stdout
        for line in listing.splitlines():
            symbol = line.split(" U ", 1)[-1].strip() if " U " in line else ""
            if symbol and IMPURE.search(symbol):
                wrong.append(f"{archive.name}: {line.split(':')[1]}: {symbol}")
    print("\n".join(wrong))
    return 1 if wrong else 0


sys.exit(main())
