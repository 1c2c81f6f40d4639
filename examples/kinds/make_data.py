#!/usr/bin/python3
# Makes data/ and private/ of the course: make_data.py COURSE. All of it is drawn, with a fixed seed.
import csv
import datetime
import os
import random
import sys

course = sys.argv[1]
draw = random.Random(2026)
PLACES = {"train": "data", "sample": "data", "sample_submission": "data", "boxes": "data",
          "heldout": "private", "solution": "private"}


def write(task, name, header, rows):
    folder = os.path.join(course, PLACES[name], task)
    os.makedirs(folder, exist_ok=True)
    os.chmod(os.path.join(course, PLACES[name]), 0o755 if PLACES[name] == "data" else 0o700)
    with open(os.path.join(folder, name + ".csv"), "w", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows([header, *rows])


def usage(public):
    return "Public" if public else "Private"


# forecast: shops with a week's rhythm and a trend; 8 weeks to learn from, 2 to predict
def demand():
    week = [1, 0.9, 0.8, 0.9, 1.2, 1.6, 1.4]
    train, sample, heldout, solution = [], [], [], []
    for s, shop in enumerate(["airport", "campus", "harbour", "market", "station"]):
        level = 40 + 15 * s
        for day in range(70):
            time = (datetime.date(2026, 1, 5) + datetime.timedelta(day)).isoformat()
            price = round(draw.uniform(1, 2), 2)
            units = round((level + 0.3 * day) * week[day % 7] - 8 * price + draw.gauss(0, 4), 1)
            row = [f"{shop[0]}{day}", shop, time, price]
            if day < 56:
                train.append(row + [units])
            elif shop == "station":
                sample.append(row)
            else:
                heldout.append(row)
                solution.append([row[0], units, shop, time, usage(day < 63)])
    columns = ["id", "series", "time", "price"]
    write("demand", "train", columns + ["units"], train)
    write("demand", "sample", columns, sample)
    write("demand", "heldout", columns, heldout)
    write("demand", "solution", ["id", "units", "series", "time", "Usage"], solution)
    write("demand", "sample_submission", ["id", "prediction", "q0.1", "q0.5", "q0.9"],
          [[row[0], 0, 0, 0, 0] for row in sample])


# ranking: what visitors with a taste want of the films that are on
def films():
    genres = ["crime", "drama", "space", "western"]
    train, sample, heldout, solution = [], [], [], []
    for q in range(90):
        likes, other = draw.sample(genres, 2)
        for n in draw.sample(range(40), 8):
            genre = genres[n % 4]
            stars = (n * 7) % 5
            joy = 2.4 * (genre == likes) + 1.2 * (genre == other) + 0.4 * stars + draw.gauss(0, 0.6)
            row = [f"v{q}", f"film {n}, part {1 + n % 2}", likes, other, genre, stars]
            relevance = min(3, max(0, round(joy - 0.8)))
            if q < 50:
                train.append(row + [relevance])
            elif q < 55:
                sample.append(row)
            else:
                heldout.append(row)
                solution.append(row[:2] + [relevance, usage(q < 72)])
    columns = ["query", "item", "likes", "also", "genre", "stars"]
    write("films", "train", columns + ["relevance"], train)
    write("films", "sample", columns, sample)
    write("films", "heldout", columns, heldout)
    write("films", "solution", ["query", "item", "relevance", "Usage"], solution)
    write("films", "sample_submission", ["query", "item", "score"], [row[:2] + [0] for row in sample])


# clustering: four species by two lengths; nobody is told which is which
def blobs():
    places = [(2, 2), (6, 3), (3, 7), (7, 7.5)]
    rows = []
    for i in range(360):
        kind = draw.randrange(4)
        x, y = places[kind]
        rows.append([f"b{i}", round(draw.gauss(x, 0.8), 3), round(draw.gauss(y, 0.8), 3), "abcd"[kind]])
    columns = ["id", "wing", "bill"]
    write("blobs", "train", columns, [row[:3] for row in rows[:160]])
    write("blobs", "sample", columns, [row[:3] for row in rows[160:180]])
    write("blobs", "heldout", columns, [row[:3] for row in rows[180:]])
    write("blobs", "solution", ["id", "species", "Usage"],
          [[row[0], row[3], usage(i % 5 < 2)] for i, row in enumerate(rows[180:])])
    write("blobs", "sample_submission", ["id", "cluster"], [[row[0], "one"] for row in rows[160:180]])


# detection: pictures of 24 by 24, a row for each line of pixels; boxes of two classes, one brighter
def parcels():
    size = 24
    lines = {"train": [], "sample": [], "heldout": []}
    boxes = {"train": [], "sample": [], "heldout": []}
    for i in range(70):
        part = "train" if i < 20 else "sample" if i < 24 else "heldout"
        name = f"p{i}"
        pixels = [[draw.randrange(3) for _ in range(size)] for _ in range(size)]
        found = []
        for x, y in draw.sample([(x, y) for x in (1, 13) for y in (1, 13)], draw.randrange(4)):
            x, y, w, h = x + draw.randrange(3), y + draw.randrange(3), draw.randint(3, 7), draw.randint(3, 7)
            kind = draw.choice(["letter", "parcel"])
            for line in range(y, y + h):
                for at in range(x, x + w):
                    pixels[line][at] = (4 if kind == "letter" else 8) + draw.randrange(-2, 3)
            found.append([name, kind, x, y, x + w, y + h])
        lines[part] += [[name, y] + pixels[y] for y in range(size)]
        boxes[part] += [row + ([usage(i % 5 < 2)] if part == "heldout" else []) for row in found or
                        [[name, "", "", "", "", ""]]]
    columns = ["id", "y"] + [f"c{at}" for at in range(size)]
    corners = ["x1", "y1", "x2", "y2"]
    for part in lines:
        write("parcels", part, columns, lines[part])
    write("parcels", "boxes", ["id", "class"] + corners, boxes["train"])
    write("parcels", "solution", ["id", "class"] + corners + ["Usage"], boxes["heldout"])
    write("parcels", "sample_submission", ["id", "class", "score"] + corners, [["p20", "letter", 0.5, 0, 0, 4, 4]])


# multilabel: counts of words, three tags that may go together
def tags():
    words = {"sport": ["goal", "team"], "money": ["bank", "price"], "law": ["court", "judge"]}
    rows = []
    for i in range(400):
        on = [int(draw.random() < p) for p in (0.4, 0.3, 0.25)]
        counts = [max(0, round(draw.gauss(1.6 if on[k // 2] else 0.5, 0.8))) for k in range(6)]
        rows.append([f"t{i}"] + counts + on)
    columns = ["id"] + [word for pair in words.values() for word in pair]
    write("tags", "train", columns + list(words), rows[:200])
    write("tags", "sample", columns, [row[:7] for row in rows[200:220]])
    write("tags", "heldout", columns, [row[:7] for row in rows[220:]])
    write("tags", "solution", ["id"] + list(words) + ["Usage"],
          [[row[0]] + row[7:] + [usage(i % 5 < 2)] for i, row in enumerate(rows[220:])])
    write("tags", "sample_submission", ["id"] + list(words), [[row[0], 0, 0, 0] for row in rows[200:220]])


for make in (demand, films, blobs, parcels, tags):
    make()
