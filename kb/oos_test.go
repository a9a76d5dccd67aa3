package kb_test
import ("testing";"fmt";"os";"slices";"tongdai/kb/eval")
func TestOOS(t *testing.T){
 if os.Getenv("MISS")=="" {t.Skip()}
 o:=measure(t,"testdata/kb.csv","testdata/queries.csv")
 slices.SortFunc(o,func(a,b eval.Outcome)int{ if a.Confidence()>b.Confidence(){return -1}; return 1})
 for _,x:=range o { if x.Expect=="handoff" && x.Confidence()>.3 { fmt.Printf("%.2f %.110s => %.80s %v\n",x.Confidence(),x.Text,x.Hits[0].Entry.Question,x.Hits[0].Matched)}}
 n:=0
 for _,x:=range o { if x.Expect=="faq" && x.Level=="near" && x.Confidence()<.35 { n++; if n%3==0 {fmt.Printf("LOW %.2f %v %.110s => %.80s %v\n",x.Confidence(),x.Rank(),x.Text,x.Hits[0].Entry.Question,x.Hits[0].Matched)}}}
}
