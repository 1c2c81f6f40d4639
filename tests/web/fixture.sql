-- A course in the middle of its second day, for tests and for looking at pages: real schema, made-up teams.
-- The instants are relative to now, so that "4 min ago" reads as it would.
INSERT INTO meta VALUES ('course',
    '{"id":"demo-2026","title":"Architecting for ML","timezone":"Europe/Berlin","visibility":"names","release":"rounded"}');
INSERT INTO meta VALUES ('environments',
    '{"build":"x","list":[{"name":"default","what":"programs of this machine","digest":"5c0ffee000000000000000000000000000000000000000000000000000000001","state":"usable","has":"holdout-ml pipelines, C with libholdout (cc 12.2.0), C++ (12.2.0), Python 3.11.2 (numpy 1.24.2; scipy 1.10.1; pandas 1.5.3; scikit-learn 1.2.1), make","lacks":""},'
    || '{"name":"deep-learning-with-a-long-name","what":"image registry.example.org/<b>ml</b>/python:3.11-slim","digest":"5c0ffee000000000000000000000000000000000000000000000000000000002","state":"unusable","has":"","lacks":"the staff alone reads this"},'
    || '{"name":"r","what":"directory r","digest":"5c0ffee000000000000000000000000000000000000000000000000000000003","state":"unknown","has":"","lacks":""}]}');
INSERT INTO task VALUES
    ('credit', 1, 'Credit default', 'binary', 'roc_auc', 1, 3, 640,
     '{"metric_title":"ROC AUC","metrics":["roc_auc","average_precision","log_loss"],"limits":{"build_s":60,"train_s":10,"predict_s":10,"memory_mb":512},"seeds":2,"deliverables":[{"id":"first","due_ms":'
     || (unixepoch() * 1000 + 93600000) || '},{"id":"final","due_ms":' || (unixepoch() * 1000 + 180000000) || '}]}'),
    ('houses', 2, 'House prices', 'regression', 'mae', 0, 0, 410,
     '{"metric_title":"mean absolute error","metrics":["mae","rmse","r2"],"limits":{"build_s":60,"train_s":10,"predict_s":10,"memory_mb":512},"seeds":2,"deliverables":[{"id":"writeup","due_ms":'
     || (unixepoch() * 1000 - 7200000) || '},{"id":"first","due_ms":' || (unixepoch() * 1000 + 93600000) || '}]}'),
    ('quiet', 3, 'Nobody yet', 'binary', 'log_loss', 0, 3, 100, '{}');

INSERT INTO team VALUES
    ('cholesky', 'Cholesky Crew', 'Amber Heron', 'https://git.example.org/ml/cholesky.git', 0, 'ok', '', unixepoch() * 1000 - 4000, 1),
    ('nocode', 'No Code Required', 'Quiet Otter', 'https://git.example.org/ml/nocode.git', 0, 'ok', '', unixepoch() * 1000 - 4000, 2),
    ('stumps', 'Hundred and Fifty Stumps', 'Velvet Newt', 'https://git.example.org/ml/stumps.git', 0, 'ok', '', unixepoch() * 1000 - 4000, 3),
    ('boehm', 'Böhm & Søn', 'Silver Finch', 'https://git.example.org/ml/boehm.git', 0, 'ok', '', unixepoch() * 1000 - 4000, 4),
    ('adas-orbit', 'Ada’s Orbit', 'Brave Linnet', 'https://git.example.org/ml/ada.git', 0, 'ok', '', unixepoch() * 1000 - 4000, 5),
    ('kmeans', 'k-means business', 'Copper Wren', 'https://git.example.org/ml/kmeans.git', 0, 'ok', '', unixepoch() * 1000 - 4000, 6),
    ('ridgeway', 'Ridgeway', 'Indigo Marten', 'https://git.example.org/ml/ridgeway.git', 0, 'ok', '', unixepoch() * 1000 - 4000, 7),
    ('blueprint', 'Blueprint', 'Mellow Swift', 'https://git.example.org/ml/blueprint.git', 0, 'ok', '', unixepoch() * 1000 - 4000, 8),
    ('semicolon', 'Semicolon', 'Rapid Dormouse', 'https://git.example.org/ml/semicolon.git', 0, 'ok', '', unixepoch() * 1000 - 4000, 9),
    ('forever', 'Almost Converged', 'Dusky Plover', 'https://git.example.org/ml/forever.git', 0, 'ok', '', unixepoch() * 1000 - 4000, 10),
    ('hoarder', 'Keep Everything', 'Jolly Stoat', 'https://git.example.org/ml/hoarder.git', 0, 'ok', '', unixepoch() * 1000 - 4000, 11),
    ('gaps', 'Mind the Gap', 'Nimble Siskin', 'https://git.example.org/ml/gaps.git', 0, 'ok', '', unixepoch() * 1000 - 4000, 12),
    ('lost', 'Lost Remote', 'Hidden Vole', 'https://git.example.org/ml/lost.git', 0, 'unreachable', 'the host git.example.org did not answer within 20 s', unixepoch() * 1000 - 4000, 0),
    ('evil', '<script>alert("x")</script> & ''sons''', '<b>Sly</b> Fox', 'https://git.example.org/ml/"><img>.git', 0, 'ok', '', unixepoch() * 1000 - 4000, 13),
    ('baseline-gbdt', 'gbdt', 'gbdt', '', 1, 'ok', '', 0, 14),
    ('baseline-majority', 'majority', 'majority', '', 1, 'ok', '', 0, 15);

-- one row a run: id, team, task, state, verdict, step, message, age in seconds, score
CREATE TEMP TABLE wanted (id TEXT, team TEXT, task TEXT, state TEXT, verdict TEXT, step TEXT, message TEXT, age INTEGER, seq INTEGER);
INSERT INTO wanted VALUES
    ('01JD0000000000000000000C01', 'cholesky', 'credit', 'done', 'ok', '', '', 90000, 1),
    ('01JD0000000000000000000C02', 'cholesky', 'credit', 'done', 'ok', '', '', 60000, 2),
    ('01JD0000000000000000000C03', 'cholesky', 'credit', 'done', 'ok', '', '', 240, 3),
    ('01JD0000000000000000000N01', 'nocode', 'credit', 'done', 'ok', '', '', 7600, 4),
    ('01JD0000000000000000000S01', 'stumps', 'credit', 'done', 'ok', '', '', 90500, 5),
    ('01JD0000000000000000000B01', 'boehm', 'credit', 'done', 'ok', '', '', 5400, 6),
    ('01JD0000000000000000000A01', 'adas-orbit', 'credit', 'done', 'ok', '', '', 300000, 7),
    ('01JD0000000000000000000R01', 'ridgeway', 'houses', 'done', 'ok', '', '', 3000, 8),
    ('01JD0000000000000000000P01', 'blueprint', 'houses', 'done', 'ok', '', '', 9000, 9),
    ('01JD0000000000000000000F01', 'semicolon', 'credit', 'failed_team', 'exit', 'build', 'The build ended with exit code 2. main.c:14: error: expected '';'' before ''return''.', 1800, 10),
    ('01JD0000000000000000000F02', 'forever', 'credit', 'failed_team', 'cpu', 'train', 'Training used 10 s of processor time; 10 s are allowed.', 1500, 11),
    ('01JD0000000000000000000F03', 'hoarder', 'houses', 'failed_team', 'memory', 'train', 'Training needed more than 512 MB of memory.', 1200, 12),
    ('01JD0000000000000000000F04', 'gaps', 'credit', 'failed_team', 'predictions', 'predict', 'predictions.csv: 12 ids are missing and 3 values are not finite numbers.', 900, 13),
    ('01JD0000000000000000000G01', 'baseline-gbdt', 'credit', 'done', 'ok', '', '', 400000, 14),
    ('01JD0000000000000000000G02', 'baseline-majority', 'credit', 'done', 'ok', '', '', 400000, 15),
    ('01JD0000000000000000000E01', 'evil', 'credit', 'done', 'ok', '', '', 1000, 16),
    ('01JD0000000000000000000K01', 'kmeans', 'credit', 'training', '', '', '', 31, 17),
    ('01JD0000000000000000000K02', 'blueprint', 'houses', 'predicting', '', '', '', 45, 18),
    ('01JD0000000000000000000Q01', 'adas-orbit', 'credit', 'queued', '', '', '', 20, 19),
    ('01JD0000000000000000000Q02', 'stumps', 'credit', 'queued', '', '', '', 10, 20),
    ('01JD0000000000000000000X01', 'stumps', 'credit', 'superseded', '', '', 'A newer push replaced this one.', 60, 21);
INSERT INTO submission SELECT 'S' || substr(id, 2), team, task, CASE task WHEN 'credit' THEN 'first' ELSE '' END,
    substr(lower(hex(id)), -7) || printf('%05x', seq * 48271 % 1048576) || 'c0ffee5eed00112233445566778f', 'refs/heads/main', 'poll',
    unixepoch() * 1000 - age * 1000 + 123, unixepoch() * 1000 - age * 1000 - 1877, seq FROM wanted;
INSERT INTO run SELECT id, 'S' || substr(id, 2), state, verdict, step, message,
    CASE state WHEN 'failed_team' THEN 'STAFFONLY fault text' ELSE '' END, 0, unixepoch() * 1000 - age * 1000, 0,
    CASE WHEN state IN ('queued', 'superseded') THEN 0 ELSE unixepoch() * 1000 - age * 1000 + 400 END,
    CASE WHEN state IN ('queued', 'training', 'predicting') THEN 0 ELSE unixepoch() * 1000 - age * 1000 + 5321 END,
    '', 1, '', 0, '', 0, '' FROM wanted;

-- all steps passed
INSERT INTO step SELECT w.id, s.position, s.name, s.seed, 'done', 'ok', s.heldout, unixepoch() * 1000 - w.age * 1000 + 500 * s.position, unixepoch() * 1000 - w.age * 1000 + 500 * s.position + s.wall / 1000,
    s.wall, s.cpu, s.memory, s.cached, '', '', s.tail
FROM wanted w, (SELECT 1 AS position, 'fetch' AS name, 0 AS seed, 0 AS heldout, 41250 AS wall, 0 AS cpu, 0 AS memory, 0 AS cached, '' AS tail
    UNION ALL SELECT 2, 'snapshot', 0, 0, 8120, 0, 0, 0, ''
    UNION ALL SELECT 3, 'build', 0, 0, 812345, 790000, 88080384, 1, 'cc -O2 -o train train.c $(pkg-config --libs holdout)' || char(10) || 'cc -O2 -o predict predict.c $(pkg-config --libs holdout)'
    UNION ALL SELECT 4, 'train', 1, 0, 1204000, 1180000, 192937984, 0, 'read 3 000 rows, 13 columns' || char(10) || 'round  50  log loss 0.5121' || char(10) || 'round 100  log loss 0.4987' || char(10) || char(27) || '[32mdone' || char(27) || '[0m in 1.2 s'
    UNION ALL SELECT 5, 'train', 2, 0, 1193000, 1171000, 192937984, 0, 'read 3 000 rows, 13 columns' || char(10) || 'done in 1.2 s'
    UNION ALL SELECT 6, 'sample', 1, 0, 92000, 81000, 50331648, 0, '100 rows predicted'
    UNION ALL SELECT 7, 'predict', 1, 1, 120000, 110000, 54000000, 0, ''
    UNION ALL SELECT 8, 'predict', 2, 1, 120000, 110000, 54000000, 0, ''
    UNION ALL SELECT 9, 'train', -1, 0, 1210000, 1188000, 192937984, 0, ''
    UNION ALL SELECT 10, 'evaluate', 0, 0, 15000, 0, 0, 0, ''
    UNION ALL SELECT 11, 'judge', 0, 0, 1100, 0, 0, 0, '') s
WHERE w.state = 'done';
-- failed ones
INSERT INTO step SELECT w.id, s.position, s.name, s.seed,
    CASE WHEN s.position < f.at THEN 'done' WHEN s.position = f.at THEN 'failed' ELSE 'skipped' END,
    CASE WHEN s.position < f.at THEN 'ok' WHEN s.position = f.at THEN w.verdict ELSE '' END, s.heldout, 0, 0,
    CASE WHEN s.position <= f.at THEN s.wall ELSE 0 END, CASE WHEN s.position = f.at THEN f.cpu WHEN s.position < f.at THEN s.cpu ELSE 0 END,
    CASE WHEN s.position = f.at THEN f.memory WHEN s.position < f.at THEN s.memory ELSE 0 END, 0,
    CASE WHEN s.heldout AND s.position = f.at THEN 'HELDOUTONLY words of a held-out step' ELSE '' END, '', CASE WHEN s.position = f.at AND s.heldout = 0 THEN f.tail ELSE '' END
FROM wanted w JOIN (SELECT 1 AS position, 'fetch' AS name, 0 AS seed, 0 AS heldout, 41250 AS wall, 0 AS cpu, 0 AS memory
    UNION ALL SELECT 2, 'snapshot', 0, 0, 8120, 0, 0 UNION ALL SELECT 3, 'build', 0, 0, 812345, 790000, 88080384
    UNION ALL SELECT 4, 'train', 1, 0, 9870000, 1180000, 192937984 UNION ALL SELECT 5, 'sample', 1, 0, 92000, 81000, 50331648
    UNION ALL SELECT 6, 'predict', 1, 1, 130000, 120000, 47000000 UNION ALL SELECT 7, 'evaluate', 0, 0, 0, 0, 0) s
JOIN (SELECT 'exit' AS verdict, 3 AS at, 210000 AS cpu, 41943040 AS memory, 'cc -O2 -o train main.c' || char(10) || 'main.c: In function ‘main’:' || char(10) || 'main.c:14:32: error: expected ‘;’ before ‘return’' || char(10) || '   14 |     printf("%d\n", rows)' || char(10) || '      |                         ^' || char(10) || 'make: *** [Makefile:3: train] Error 1' AS tail
    UNION ALL SELECT 'cpu', 4, 10004000, 192937984, 'epoch 911  loss 0.41382' || char(10) || 'epoch 912  loss 0.41382' || char(10) || 'epoch 913  loss 0.41382'
    UNION ALL SELECT 'memory', 4, 3150000, 536870912, 'copy 1 of the table' || char(10) || 'copy 2 of the table' || char(10) || 'copy 3 of the table'
    UNION ALL SELECT 'predictions', 6, 110000, 47000000, '') f ON f.verdict = w.verdict
WHERE w.state = 'failed_team';
-- running ones; the held-out step's numbers are there already and must not be seen
INSERT INTO step VALUES
    ('01JD0000000000000000000K01', 1, 'fetch', 0, 'done', 'ok', 0, unixepoch() * 1000 - 31000, unixepoch() * 1000 - 30900, 52100, 0, 0, 0, '', '', ''),
    ('01JD0000000000000000000K01', 2, 'snapshot', 0, 'done', 'ok', 0, unixepoch() * 1000 - 30900, unixepoch() * 1000 - 30800, 7900, 0, 0, 0, '', '', ''),
    ('01JD0000000000000000000K01', 3, 'train', 1, 'running', '', 0, unixepoch() * 1000 - 30000, 0, 0, 0, 0, 0, '', '', 'read 3 000 rows' || char(10) || 'iteration 1' || char(13) || 'iteration 2' || char(13) || 'iteration 3'),
    ('01JD0000000000000000000K01', 4, 'predict', 1, 'waiting', '', 1, 0, 0, 0, 0, 0, 0, '', '', ''),
    ('01JD0000000000000000000K01', 5, 'evaluate', 0, 'waiting', '', 0, 0, 0, 0, 0, 0, 0, '', '', ''),
    ('01JD0000000000000000000K02', 1, 'train', 1, 'done', 'ok', 0, unixepoch() * 1000 - 44000, unixepoch() * 1000 - 43000, 990000, 940000, 60817408, 0, '', '', 'fitted'),
    ('01JD0000000000000000000K02', 2, 'predict', 1, 'failed', 'memory', 1, unixepoch() * 1000 - 43000, unixepoch() * 1000 - 42000, 770000, 660000, 555000000, 1, 'HELDOUTONLY words of a held-out step', '', 'HELDOUTONLY tail'),
    ('01JD0000000000000000000K02', 3, 'evaluate', 0, 'running', '', 0, unixepoch() * 1000 - 42000, 0, 0, 0, 0, 0, '', '', '');

INSERT INTO fact SELECT id, 'metric.roc_auc', 'public', 'team', 0.812, '', 0.779, 0.844 FROM wanted WHERE state = 'done' AND task = 'credit';
INSERT INTO fact SELECT id, 'metric.roc_auc', 'private', 'staff', 0.79987, '', 0.7612, 0.8381 FROM wanted WHERE state = 'done';
INSERT INTO fact SELECT id, 'metric.log_loss', 'private', 'team', 0.45678, '', NULL, NULL FROM wanted WHERE state = 'done';
INSERT INTO fact SELECT id, 'train.cpu_s', 'none', 'team', 1.18, 's', NULL, NULL FROM wanted WHERE state = 'done';
INSERT INTO fact SELECT id, 'train.memory_mb', 'none', 'team', 184, 'MB', NULL, NULL FROM wanted WHERE state = 'done';
INSERT INTO fact SELECT id, 'model.bytes', 'none', 'team', 48230, 'bytes', NULL, NULL FROM wanted WHERE state = 'done';
INSERT INTO fact SELECT id, 'sample.roc_auc', 'sample', 'team', 0.8261, '', NULL, NULL FROM wanted WHERE state = 'done' AND task = 'credit';
INSERT INTO fact SELECT id, 'similarity.nearest_team', 'none', 'staff', 0.98765, '', NULL, NULL FROM wanted WHERE state = 'done';

INSERT INTO point SELECT id, 'credit.quality', 1, 'How good is the model on data it has never seen?', 40, 'suggested', 35.5, 'roc_auc of 0.812 on the public rows; 0.5 earns nothing, 0.85 earns all.', 'team', '' FROM wanted WHERE state = 'done';
INSERT INTO point SELECT id, 'infra.train_time', 2, 'How much processor time does training take?', 10, 'suggested', 9.3, 'Training took 1.18 s of processor time; 1 s earns all, 10 s nothing.', 'team', '' FROM wanted WHERE state = 'done';
INSERT INTO point SELECT id, 'infra.reproducible', 3, 'Does training again give the same model?', 10, 'suggested', 10, 'Seed 1 trained twice gave equal predictions.', 'team', '' FROM wanted WHERE state = 'done';
INSERT INTO point SELECT id, 'method.why', 4, 'Why was this model chosen?', 10, 'human_needed', NULL, 'Look for an alternative that was tried, and for the reason that decided.', 'team', '' FROM wanted WHERE state = 'done';
INSERT INTO point SELECT id, 'method.limits', 5, 'Where does the model fail?', 10, 'marked', 8, 'A group is named with a number; the cause is not.', 'team', 'instructor' FROM wanted WHERE state = 'done';
INSERT INTO point SELECT id, 'integrity.copied', 6, 'STAFFONLY question', 5, 'suggested', 1, 'STAFFONLY reason', 'staff', '' FROM wanted WHERE state = 'done';
UPDATE point SET reason = '<img src=x onerror=alert(1)> "quoted" & ''single''' WHERE run = '01JD0000000000000000000E01' AND question = 'method.limits';
UPDATE step SET tail = '</pre><script>alert(2)</script>' || char(10) || 'NUL' || char(1) || char(27) || '[31mred' || char(27) || '[0m' || char(7) WHERE run = '01JD0000000000000000000E01' AND name = 'train' AND seed_at = 1;

INSERT INTO board SELECT 'credit', b.position, w.team, w.id, b.rank_low, b.rank_high, b.score, b.low, b.high,
    unixepoch() * 1000 - w.age * 1000 - 1877, s.commit_id, b.entries, b.baseline
FROM (SELECT 1 AS position, '01JD0000000000000000000C03' AS run, 1 AS rank_low, 2 AS rank_high, 0.832 AS score, 0.801 AS low, 0.861 AS high, 3 AS entries, 0 AS baseline
    UNION ALL SELECT 2, '01JD0000000000000000000N01', 1, 2, 0.829, 0.797, 0.859, 1, 0
    UNION ALL SELECT 3, '01JD0000000000000000000G01', 0, 0, 0.818, 0.785, 0.849, 1, 1
    UNION ALL SELECT 4, '01JD0000000000000000000B01', 3, 4, 0.806, 0.772, 0.838, 8, 0
    UNION ALL SELECT 5, '01JD0000000000000000000S01', 3, 4, 0.798, 0.763, 0.832, 14, 0
    UNION ALL SELECT 6, '01JD0000000000000000000A01', 5, 5, 0.741, 0.701, 0.779, 2, 0
    UNION ALL SELECT 7, '01JD0000000000000000000E01', 6, 6, 0.655, 0.611, 0.698, 1, 0
    UNION ALL SELECT 8, '01JD0000000000000000000G02', 0, 0, 0.5, 0.5, 0.5, 1, 1) b
JOIN wanted w ON w.id = b.run JOIN submission s ON s.id = 'S' || substr(w.id, 2);
INSERT INTO board SELECT 'houses', b.position, w.team, w.id, b.rank_low, b.rank_high, b.score, b.low, b.high,
    unixepoch() * 1000 - w.age * 1000 - 1877, s.commit_id, 1, 0
FROM (SELECT 1 AS position, '01JD0000000000000000000P01' AS run, 1 AS rank_low, 1 AS rank_high, 15823 AS score, 14702 AS low, 17110 AS high
    UNION ALL SELECT 2, '01JD0000000000000000000R01', 2, 2, 21440, 19631, 23377) b
JOIN wanted w ON w.id = b.run JOIN submission s ON s.id = 'S' || substr(w.id, 2);
INSERT INTO release SELECT id, task, team, CASE task WHEN 'credit' THEN round(0.78 + 0.017 * (seq % 4), 3) ELSE 15823 END,
    CASE task WHEN 'credit' THEN 0.75 ELSE 14702 END, CASE task WHEN 'credit' THEN 0.86 ELSE 17110 END,
    unixepoch() * 1000 - age * 1000 - 1877, unixepoch() * 1000 - age * 1000 + 5400 FROM wanted WHERE state = 'done';
DROP TABLE wanted;
