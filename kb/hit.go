package kb

import "context"

// Hit is one entry that may answer a question.
type Hit struct {
	Entry Entry
	// Confidence is the probability, 0 to 1, that Entry answers the question,
	// calibrated on data: it may be compared across questions.
	Confidence float64
	// Family is the probability, 0 to 1, that the question is answered by Entry or one of
	// its siblings, from which only a name tells it apart, and the question leaves the
	// name out: asking for it finds the answer. Zero when Entry has no siblings or the
	// question names one of them.
	Family float64
	// Matched are the words of the question that spoke for the entry.
	Matched []string
}

// Searcher finds the entries that may answer a question, best first.
type Searcher interface {
	Search(ctx context.Context, question string, limit int) ([]Hit, error)
}
