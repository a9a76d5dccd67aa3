package vibleve_test

import (
	"fmt"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"

	"tongdai/kb/vi/vibleve"
)

// One text stands in two fields, with and without marks, and the question is read
// as people type. Marks that were typed count, those left out do no harm.
func Example() {
	doc := bleve.NewDocumentMapping()
	strict, loose := bleve.NewTextFieldMapping(), bleve.NewTextFieldMapping()
	strict.Name, strict.Analyzer = "marked", vibleve.Analyzer
	loose.Name, loose.Analyzer = "folded", vibleve.FoldAnalyzer
	doc.AddFieldMappingsAt("text", strict, loose)
	m := bleve.NewIndexMapping()
	m.DefaultMapping = doc

	index, err := bleve.NewUsing("", m, scorch.Name, scorch.Name, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer index.Close()
	for id, text := range map[string]string{"birth": "Đăng ký khai sinh ở đâu?", "travel": "Khai báo đi đường thế nào?"} {
		if err := index.Index(id, map[string]string{"text": text}); err != nil {
			fmt.Println(err)
			return
		}
	}
	for _, question := range []string{"khai sinh", "dk ks o dau", "ddi dduwowngf", "ĐI ĐƯỜNG"} {
		marked, folded := bleve.NewMatchQuery(question), bleve.NewMatchQuery(question)
		marked.SetField("marked")
		marked.SetBoost(2)
		folded.SetField("folded")
		folded.Analyzer = vibleve.TypedAnalyzer
		result, err := index.Search(bleve.NewSearchRequest(bleve.NewDisjunctionQuery(marked, folded)))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(question, "→", result.Hits[0].ID)
	}
	// Output:
	// khai sinh → birth
	// dk ks o dau → birth
	// ddi dduwowngf → travel
	// ĐI ĐƯỜNG → travel
}
