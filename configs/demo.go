package configs

import (
	"embed"
	"io/fs"
)

//go:embed demo/*.xlsx
var demo embed.FS

// DemoKnowledge is the demo knowledge base: one .xlsx per department at the top
// of the file system, as departments send them. Its answers are test content
// after public guidance of autumn 2021, under the department names of that
// time. demo/gen makes the files from demo/entries.csv.
func DemoKnowledge() fs.FS {
	sub, err := fs.Sub(demo, "demo")
	if err != nil {
		panic(err) // only an invalid name gets here
	}
	return sub
}
