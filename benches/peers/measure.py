"""The same searches in SQLite, DuckDB and PostgreSQL, and in Buccal, in one run on one machine.

    cargo build --release -p buccal
    python3 -m venv env && env/bin/pip install -r benches/peers/requirements.txt
    env/bin/python benches/peers/measure.py --buccal target/release/buccal

Makes an invented nation (`buccal world profiles`), finds all candidates (`buccal candidate
search`), and asks each peer for the same: one forensic profile against all persons (Q2), one person
against all forensic profiles (Q1), and some persons against all forensic profiles at once (Q3). The
candidates of each peer must be those of Buccal, pair by pair, before any of its times is printed.
Buccal's own times are from `buccal bench search` at the same size and seed, taken after the peers.

Each peer has the schema that comes to mind first: one row a profile, one whole number a locus, a
bit for each allele. A locus satisfies moderate stringency where neither set has what the other
lacks. A query names its own loci only; its alleles stand in the text as constants.

Read with care: times of peers are wall times seen from Python, of a statement with its answer;
those of Buccal are wall times of a call within the process. One setting each. Not tried:
- indexes (a disjunction over 20 loci uses none of them; a join through groups of loci, as Buccal
  does it, can be written in SQL for two btrees and more, and is many times faster than a scan);
- arrays with GIN, entity-attribute-value tables, extensions, stored procedures;
- settings of PostgreSQL and DuckDB beyond those below; compiled statements; warm pools;
- more than one query at a time;
- columns on disk: SQLite and DuckDB are in memory, PostgreSQL is as its cache has it.
"""

import argparse
import contextlib
import csv
import json
import os
import pathlib
import pwd
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

MATCHING_MIN = 8
MISMATCHES_MAX = 1
CLASSES = ("single 20", "single 13-19", "single 8-12",
           "mixture 20", "mixture 13-19", "mixture 8-12")


def main():
    asked = arguments()
    with tempfile.TemporaryDirectory(prefix="buccal-peers-") as folder:
        folder = pathlib.Path(folder)
        nation = Nation(asked, folder)
        print(f"{len(nation.persons):,} persons x {len(nation.forensic):,} forensic profiles, seed "
              f"{asked.seed}, {len(nation.truth):,} candidates, load {load()}", flush=True)
        measured = []
        for peer in asked.peers:
            with PEERS[peer](folder, asked) as database:
                measured.append(measure(database, nation, asked))
        ours = own_times(asked, nation)
        report(measured, ours, asked)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--buccal", required=True, help="the binary, built for release")
    parser.add_argument("--persons", type=int, default=200_000)
    parser.add_argument("--forensic", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=20_200_501)
    parser.add_argument("--queries", type=int, default=20, help="queries of Q1 and of Q2")
    parser.add_argument("--batch", type=int, default=20, help="persons of Q3")
    parser.add_argument("--seconds", type=float, default=300.0,
                        help="after so long a peer gets no further query of a kind")
    parser.add_argument("--peers", nargs="+", default=list(PEERS), choices=list(PEERS))
    parser.add_argument("--postgres-bin", help="folder with initdb and pg_ctl")
    parser.add_argument("--json", help="where the figures go besides")
    asked = parser.parse_args()
    if min(asked.persons, asked.forensic, asked.queries, asked.batch) < 1:
        parser.error("sizes are whole numbers from 1 on")
    return asked


# ---------------------------------------------------------------- the nation as sets of bits


class Nation:
    """Profiles as tuples of sets of alleles, and the candidates that Buccal finds."""

    def __init__(self, asked, folder):
        files = folder / "nation"
        run(asked.buccal, "world", "profiles", "--persons", asked.persons, "--forensic",
            asked.forensic, "--seed", asked.seed, "--out", files)
        out = folder / "candidates.csv"
        run(asked.buccal, "candidate", "search", "--persons", files / "persons.csv", "--forensic",
            files / "forensic.csv", "--out", out)
        self.loci, bits = [], {}
        self.persons, _ = self.read(files / "persons.csv", bits)
        self.forensic, self.mixture = self.read(files / "forensic.csv", bits)
        self.truth = set()
        with open(out, newline="") as lines:
            for row in csv.DictReader(lines):
                self.truth.add((number(row["forensic"]), number(row["person"])))

    def read(self, path, bits):
        rows, mixtures = [], []
        with open(path, newline="") as lines:
            reader = csv.reader(lines)
            header = next(reader)
            category = next((at for at, name in enumerate(header)
                             if name.lower().replace("_", " ").strip() in CATEGORY), None)
            places = {}
            for at, name in enumerate(header):
                locus, _, copy = name.rpartition("_")
                if copy.isdigit() and at:
                    places.setdefault(locus, []).append(at)
            if not self.loci:
                self.loci = list(places)
            if list(places) != self.loci:
                sys.exit(f"{path}: the loci are {list(places)}; expected {self.loci}")
            for place, row in enumerate(reader):
                if number(row[0]) != place:
                    sys.exit(f"{path}: row {place + 2} is {row[0]}; expected number {place}")
                rows.append(tuple(self.allele_set(locus, row, at, bits)
                                  for locus, at in places.items()))
                mixtures.append(category is not None and "mixture" in row[category].lower())
        return rows, mixtures

    @staticmethod
    def allele_set(locus, row, places, bits):
        alleles = 0
        for at in places:
            if row[at]:
                own = bits.setdefault(locus, {})
                bit = own.setdefault(row[at], len(own))
                if bit > 61:
                    sys.exit(f"{locus} has more than 62 alleles, which one column cannot hold")
                alleles |= 1 << bit
        return alleles

    def class_of(self, place):
        loci = sum(1 for alleles in self.forensic[place] if alleles)
        if loci < MATCHING_MIN:
            return None
        kind = "mixture" if self.mixture[place] else "single"
        return f"{kind} {'20' if loci >= 20 else '13-19' if loci >= 13 else '8-12'}"

    def forensic_queries(self, count):
        """The classes in turn, so that the mean is over the same mix as ours."""
        by_class = {name: [] for name in CLASSES}
        for place in range(len(self.forensic)):
            name = self.class_of(place)
            if name:
                by_class[name].append(place)
        queues = [by_class[name][:count] for name in CLASSES]
        mixed = [queue[turn] for turn in range(count) for queue in queues if turn < len(queue)]
        return mixed[:count]

    def person_queries(self, count):
        return [place * len(self.persons) // count for place in range(min(count, len(self.persons)))]


CATEGORY = {"category", "specimen category", "specimencategory"}


def number(name):
    return int(name[1:])


# ---------------------------------------------------------------- the statements


def satisfied(kept, asked):
    return f"(({kept} & ~{asked}) = 0 or ({asked} & ~{kept}) = 0)"


def one_query(table, loci, alleles, flag):
    """Rows that are candidates of one profile, its alleles as constants."""
    typed = [(locus, wanted) for locus, wanted in zip(loci, alleles) if wanted]
    compared = " + ".join(flag(f"{locus} <> 0") for locus, _ in typed)
    matching = " + ".join(flag(f"{locus} <> 0 and {satisfied(locus, wanted)}")
                          for locus, wanted in typed)
    return (f"select id from (select id, {compared} as compared, {matching} as matching "
            f"from {table}) as counted where matching >= {MATCHING_MIN} "
            f"and compared - matching <= {MISMATCHES_MAX}")


def join_query(loci, places, flag):
    """Pairs of some persons with all forensic profiles."""
    both = [(f"p.{locus}", f"f.{locus}") for locus in loci]
    compared = " + ".join(flag(f"{p} <> 0 and {f} <> 0") for p, f in both)
    matching = " + ".join(flag(f"{p} <> 0 and {f} <> 0 and {satisfied(p, f)}") for p, f in both)
    chosen = ", ".join(map(str, places))
    return (f"select forensic, person from (select f.id as forensic, p.id as person, "
            f"{compared} as compared, {matching} as matching from person p cross join forensic f "
            f"where p.id in ({chosen})) as counted where matching >= {MATCHING_MIN} "
            f"and compared - matching <= {MISMATCHES_MAX}")


# ---------------------------------------------------------------- the peers


class Sqlite:
    name = f"SQLite {sqlite3.sqlite_version}, in memory"

    def __init__(self, folder, asked):
        self.database = sqlite3.connect(":memory:")

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.database.close()

    @staticmethod
    def flag(condition):
        return f"({condition})"

    def load(self, table, loci, rows):
        columns = ", ".join(f"{locus} integer not null" for locus in loci)
        self.database.execute(f"create table {table} (id integer primary key, {columns})")
        marks = ", ".join("?" for _ in range(len(loci) + 1))
        numbered = ((place, *row) for place, row in enumerate(rows))
        self.database.executemany(f"insert into {table} values ({marks})", numbered)
        self.database.commit()

    def ready(self):
        self.database.execute("analyze")

    def ask(self, statement):
        return self.database.execute(statement).fetchall()


class DuckDb:
    def __init__(self, folder, asked):
        import duckdb
        self.name = f"DuckDB {duckdb.__version__}, in memory"
        self.folder = folder
        self.database = duckdb.connect(":memory:")

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.database.close()

    @staticmethod
    def flag(condition):
        return f"({condition})::integer"

    def load(self, table, loci, rows):
        columns = ", ".join(f"{locus} bigint not null" for locus in loci)
        self.database.execute(f"create table {table} (id bigint, {columns})")
        path = write_table(self.folder, table, rows)
        self.database.execute(f"copy {table} from '{path}' (header false, delimiter ',')")

    def ready(self):
        pass

    def ask(self, statement):
        return self.database.execute(statement).fetchall()


class Postgres:
    """A cluster of its own in the folder, reached through its socket, stopped at the end."""

    def __init__(self, folder, asked):
        self.bin = pathlib.Path(asked.postgres_bin) if asked.postgres_bin else newest_postgres()
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="buccal-pg-"))
        self.as_user = {}
        if os.getuid() == 0:
            # PostgreSQL refuses to run as root.
            account = pwd.getpwnam("postgres")
            os.chown(self.home, account.pw_uid, account.pw_gid)
            self.as_user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

    def __enter__(self):
        import pg8000.native
        try:
            data, port = self.home / "data", free_port()
            self.command("initdb", f"--pgdata={data}", "--username=postgres", "--auth=trust",
                         "--encoding=UTF8", "--locale=C", "--no-sync")
            self.command("pg_ctl", "start", "--wait", "--silent", f"--pgdata={data}",
                         f"--log={self.home / 'server.log'}",
                         f"--options=-p {port} -c listen_addresses= -c fsync=off -c jit=off "
                         f"-c unix_socket_directories={self.home} -c shared_buffers=512MB "
                         f"-c work_mem=64MB")
            self.database = pg8000.native.Connection(
                "postgres", unix_sock=str(self.home / f".s.PGSQL.{port}"), database="postgres")
        except BaseException:
            self.__exit__()
            raise
        version = self.database.run("show server_version")[0][0].split()[0]
        self.name = f"PostgreSQL {version}"
        return self

    def __exit__(self, *problem):
        with contextlib.suppress(Exception):
            self.database.close()
        if (self.home / "data" / "postmaster.pid").exists():
            with contextlib.suppress(Exception):
                self.command("pg_ctl", "stop", "--wait", "--silent", "--mode=fast",
                             f"--pgdata={self.home / 'data'}")
        shutil.rmtree(self.home, ignore_errors=True)

    def command(self, name, *words):
        subprocess.run([self.bin / name, *words], check=True, cwd=self.home,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **self.as_user)

    @staticmethod
    def flag(condition):
        return f"({condition})::int"

    def load(self, table, loci, rows):
        columns = ", ".join(f"{locus} bigint not null" for locus in loci)
        self.database.run(f"create table {table} (id bigint primary key, {columns})")
        lines = (",".join(map(str, (place, *row))) + "\n" for place, row in enumerate(rows))
        self.database.run(f"copy {table} from stdin with (format csv)", stream=lines)

    def ready(self):
        self.database.run("vacuum analyze")

    def ask(self, statement):
        return self.database.run(statement)


PEERS = {"sqlite": Sqlite, "duckdb": DuckDb, "postgres": Postgres}


def newest_postgres():
    found = [path.parent for path in pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found:
        return max(found, key=lambda path: int(path.parent.name.split(".")[0]))
    initdb = shutil.which("initdb")
    if not initdb:
        sys.exit("no initdb in PATH or /usr/lib/postgresql; give --postgres-bin or --peers")
    return pathlib.Path(initdb).parent


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def write_table(folder, name, rows):
    path = folder / f"{name}-bits.csv"
    with open(path, "w", newline="") as out:
        csv.writer(out).writerows((place, *row) for place, row in enumerate(rows))
    return path


# ---------------------------------------------------------------- measuring


def measure(peer, nation, asked):
    loci = [f"l{place}" for place in range(len(nation.loci))]
    begun = time.perf_counter()
    peer.load("person", loci, nation.persons)
    peer.load("forensic", loci, nation.forensic)
    peer.ready()
    loading = time.perf_counter() - begun
    print(f"{peer.name}: loaded in {loading:.1f} s", flush=True)

    forensic = nation.forensic_queries(asked.queries)
    statement = lambda place: one_query("person", loci, nation.forensic[place], peer.flag)
    q2 = series(peer, asked, forensic, statement, lambda place, ids: {(place, i) for i in ids},
                lambda place: {pair for pair in nation.truth if pair[0] == place})
    persons = nation.person_queries(asked.queries)
    statement = lambda place: one_query("forensic", loci, nation.persons[place], peer.flag)
    q1 = series(peer, asked, persons, statement, lambda place, ids: {(i, place) for i in ids},
                lambda place: {pair for pair in nation.truth if pair[1] == place})

    batch = nation.person_queries(asked.batch)
    begun = time.perf_counter()
    pairs = {tuple(row) for row in peer.ask(join_query(loci, batch, peer.flag))}
    seconds = time.perf_counter() - begun
    chosen = set(batch)
    equal_or_stop(peer, "Q3", pairs, {pair for pair in nation.truth if pair[1] in chosen})
    per_pair = seconds / (len(batch) * len(nation.forensic))
    print(f"{peer.name}: all candidates equal", flush=True)
    return {"peer": peer.name, "load_s": loading, "q1_s": q1, "q2_s": q2,
            "q3_s": seconds, "q3_persons": len(batch), "q3_s_a_pair": per_pair,
            "classes": [nation.class_of(place) for place in forensic[:len(q2)]]}


def series(peer, asked, places, statement, pairs_of, expected):
    """Seconds of each query; the first is asked once before, untimed."""
    if places:
        peer.ask(statement(places[0]))
    seconds = []
    for place in places:
        text = statement(place)
        begun = time.perf_counter()
        rows = peer.ask(text)
        seconds.append(time.perf_counter() - begun)
        equal_or_stop(peer, place, pairs_of(place, [row[0] for row in rows]), expected(place))
        if sum(seconds) > asked.seconds:
            break
    return seconds


def equal_or_stop(peer, what, found, expected):
    if found != expected:
        sys.exit(f"{peer.name}: {what}: {len(found)} candidates, {len(expected)} expected; "
                 f"only there {sorted(found - expected)[:3]}, "
                 f"only expected {sorted(expected - found)[:3]}")


def own_times(asked, nation):
    text = run(asked.buccal, "bench", "search", "--persons", asked.persons, "--forensic",
               asked.forensic, "--seed", asked.seed, "--old-panel", 0, "--buffer", 0, "--json")
    rows = {row["row"]: row for row in json.loads(text)["rows"]}
    if rows["Q4"]["found"] != len(nation.truth):
        sys.exit(f"the bench found {rows['Q4']['found']} candidates and the search of files "
                 f"{len(nation.truth)}; they must be the same nation")
    return rows


def report(measured, ours, asked):
    q1 = ours["Q1"]["mean_us"] / 1e6
    q3 = ours["Q3"]["wall_s"] / ours["Q3"]["pairs"]
    figures = []
    print(f"\n{'mean of a query':<28}{'Q1':>12}{'Q2':>12}{'Q3 a pair':>14}   ratios to Buccal")
    for peer in measured:
        mean = [ours[f"Q2 {name}"]["mean_us"] / 1e6 for name in peer["classes"]]
        q2 = statistics.mean(mean)
        theirs = statistics.mean(peer["q1_s"]), statistics.mean(peer["q2_s"]), peer["q3_s_a_pair"]
        ratios = [their / our for their, our in zip(theirs, (q1, q2, q3))]
        print(f"{peer['peer']:<28}{theirs[0] * 1e3:>9.2f} ms{theirs[1] * 1e3:>9.2f} ms"
              f"{theirs[2] * 1e9:>11.2f} ns   Q1 {ratios[0]:,.0f}, Q2 {ratios[1]:,.0f}, "
              f"Q3 {ratios[2]:,.0f}")
        figures.append({**peer, "buccal_q1_s": q1, "buccal_q2_s": q2, "buccal_q3_s_a_pair": q3,
                        "ratios": dict(zip(("q1", "q2", "q3"), ratios))})
    mixed = statistics.mean(ours[f"Q2 {name}"]["mean_us"] for name in measured[0]["classes"])
    print(f"{'Buccal':<28}{q1 * 1e6:>9.2f} us{mixed:>9.2f} us{q3 * 1e9:>11.4f} ns")
    print(f"load {load()}; queries {asked.queries}; Q2 over the same mix of classes")
    if asked.json:
        pathlib.Path(asked.json).write_text(json.dumps(figures, indent=1) + "\n")


def run(program, *words):
    done = subprocess.run([str(program), *map(str, words)], stdout=subprocess.PIPE, text=True,
                          stdin=subprocess.DEVNULL)
    if done.returncode:
        sys.exit(f"{program} {words[0]} {words[1]} ended with {done.returncode}")
    return done.stdout


def load():
    return " ".join(f"{average:.1f}" for average in os.getloadavg())


if __name__ == "__main__":
    main()
