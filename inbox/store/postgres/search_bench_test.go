package postgres

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"tongdai/inbox/search/searchtest"
	"tongdai/inbox/store/postgres/localpg/pgtest"
)

// invented fills the index with conversations of one message each, said over
// two years up to now: 8 to 39 words of a vocabulary of 3,000, of which a few
// are in most messages and most in few, as in any language. Every fortieth
// belongs to a small department.
const invented = `
INSERT INTO search_document
SELECT convert_to('c' || i, 'UTF8'), convert_to('m' || i, 'UTF8'), at, array_to_tsvector(
	(SELECT array_agg(DISTINCT t) FROM (
		SELECT w AS t FROM unnest(words) AS w
		UNION ALL SELECT '=' || w || length(w) % 3 FROM unnest(words) AS w
		UNION ALL SELECT '~' || words[j] || '_' || words[j + 1] FROM generate_series(1, array_length(words, 1) - 1) AS j
		UNION ALL SELECT '^' || left(w, n) FROM unnest(words) AS w, generate_series(2, 4) AS n WHERE length(w) > n
		UNION ALL SELECT '@' || CASE WHEN i % 40 = 0 THEN 'small' ELSE 'd' || i % 10 END
		UNION ALL SELECT '#' || bits || ':' || (at >> bits) FROM unnest('{24,27,30,33}'::int[]) AS bits
		UNION ALL SELECT 'rare' WHERE i % ($1 / 20) = 0
	) AS terms))
FROM generate_series(1, $1::bigint) AS i,
	LATERAL (SELECT $2::bigint - ($1 - i) * (2 * 365 * 86400000::bigint / $1) AS at) AS moment,
	LATERAL (SELECT array_agg('w' || floor(3000 * power(random(), 3))::int) AS words FROM generate_series(1, 8 + (i * 7919) % 32)) AS said`

// BenchmarkSearch measures one question to the index. At a million
// conversations with TONGDAI_LONG=1.
func BenchmarkSearch(b *testing.B) {
	sizes := []int{1_000, 100_000}
	if os.Getenv("TONGDAI_LONG") != "" {
		sizes = append(sizes, 1_000_000)
	}
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := open(b, Options{URL: pgtest.Database(b), Patience: 30 * time.Minute})
			ctx, now := context.Background(), time.Now()
			if _, err := s.reading.Exec(ctx, invented, n, now.UnixMilli()); err != nil {
				b.Fatal(err)
			}
			if _, err := s.reading.Exec(ctx, `VACUUM ANALYZE search_document`); err != nil {
				b.Fatal(err)
			}
			var table, index string
			if err := s.reading.QueryRow(ctx, `SELECT pg_size_pretty(pg_table_size('search_document')), pg_size_pretty(pg_relation_size('search_terms'))`).Scan(&table, &index); err != nil {
				b.Fatal(err)
			}
			b.Logf("%d documents: table %s, index %s", n, table, index)
			searchtest.Bench(b, s.Messages(), now)
		})
	}
}
