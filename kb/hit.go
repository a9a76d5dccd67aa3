package kb

import "context"

// Hit is one entry that may answer a question.
type Hit struct {
	Entry Entry
	// Confidence is the probability, 0 to 1, that Entry answers the question,
	// calibrated on data: it may be compared across questions.
	Confidence float64
	// Matched are the words of the question that spoke for the entry.
	Matched []string
}

// Searcher finds the entries that may answer a question, best first.
type Searcher interface {
	Search(ctx context.Context, question string, limit int) ([]Hit, error)
}
