package eval_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tongdai/kb"
	"tongdai/kb/eval"
)

const (
	entriesHeader   = "id,category,department,question,answer,variants\n"
	questionsHeader = "query,expected_id,noise_kind,expect,level,base\n"
)

func TestEveryProblemOfAFileIsToldWhereItIs(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		questions  bool
		want       []string
	}{
		{"no file at all", "", false, []string{"f: tệp trống"}},
		{"only a header", entriesHeader, false, []string{"f: không có mục hỏi đáp nào"}},
		{"columns are missing", "id,question\n1,a\n", false, []string{`f:1:1: thiếu cột "category"`, `"department"`, `"answer"`, `"variants"`}},
		{"a column twice", "id,id," + entriesHeader[3:], false, []string{`f:1:4: cột "id" có hai lần`}},
		{"ids missing and double, and an empty entry", entriesHeader + "A,,,q,,\n,,,q,,\nA,,,,,\n", false,
			[]string{"f:3:1: mục hỏi đáp không có mã", `f:4:1: mã "A" đã có ở dòng 2`, `f:4:5: mục "A" không có câu hỏi`}},
		{"short and long lines", entriesHeader + "A,,,q,a\nB,,,q,a,,x\nC,,,q,a,\n", false, []string{"f:2:1: có 5 ô", "f:3:1: có 7 ô"}},
		{"an open quote", entriesHeader + "A,,,\"q,a,\n", false, []string{"f:2:"}},
		{"a quote within", entriesHeader + "A,,,q\"x,a,\n", false, []string{"f:2:6: dấu \""}},
		{"another encoding", entriesHeader + "A,,,c\xe2u,a,\n", false, []string{"f:2:5: chữ không phải UTF-8"}},
		{"questions that expect nothing known", questionsHeader + "q,Z,,faq,,\n,,,handoff,,\nq,,,faq,,\nq,A,,maybe,,\n", true,
			[]string{`f:2:3: mã "Z" không có`, "f:3:1: câu hỏi trống", "f:4:3: câu hỏi có câu trả lời (faq)", `f:5:6: "maybe" không phải`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var problems []eval.Problem
			if tt.questions {
				_, problems = eval.ReadQuestions(strings.NewReader(tt.file), "f", []kb.Entry{{ID: "A"}})
			} else {
				_, problems = eval.ReadEntries(strings.NewReader(tt.file), "f")
			}
			if len(problems) != len(tt.want) {
				t.Fatalf("%d problems %v, want %d", len(problems), problems, len(tt.want))
			}
			for i, want := range tt.want {
				if got := problems[i].Error(); !strings.Contains(got, want) {
					t.Errorf("problem %d is %q, want %q", i, got, want)
				}
			}
		})
	}
}

func TestFilesAreReadAsTheyAre(t *testing.T) {
	entries, problems := eval.ReadEntries(strings.NewReader("\uFEFFnote,variants,id,category,department,question,answer\nx,a|| b ,D1,c,d,\"q\n\"\"r\"\"\",a\n"), "f")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if e := entries[0]; e.ID != "D1" || e.Question != "q\n\"r\"" || fmt.Sprint(e.Variants) != "[a b]" || e.Status != kb.Published {
		t.Errorf("entry %+v", e)
	}
	nfd := " TIÊM  \u0302 😀 "
	questions, problems := eval.ReadQuestions(strings.NewReader(questionsHeader+nfd+",D1|D2,nfd,faq,near,b\n"), "f", nil)
	if len(problems) > 0 || questions[0].Text != nfd || len(questions[0].Right) != 2 {
		t.Errorf("questions %q, problems %v", questions, problems)
	}
}

func outcome(expect, noise, base string, said eval.Said, confidence float64, right string, hits ...kb.EntryID) eval.Outcome {
	o := eval.Outcome{Question: eval.Question{Expect: expect, Noise: noise, Base: base, Level: "near"}, Said: said}
	if right != "" {
		o.Right = []kb.EntryID{kb.EntryID(right)}
	}
	for _, id := range hits {
		o.Hits = append(o.Hits, kb.Hit{Entry: kb.Entry{ID: id}, Confidence: confidence})
	}
	return o
}

func TestFiguresAreThoseOfTheDefinitions(t *testing.T) {
	outcomes := []eval.Outcome{
		outcome("faq", "clean", "q1", "answer", 0.9, "A", "A", "B"),
		outcome("faq", "typo", "q1", "clarify", 0.5, "A", "B", "C", "D", "A"),
		outcome("faq", "clean", "q2", "answer", 0.8, "B", "C", "B"),
		outcome("faq", "typo", "q2", "handoff", 0.1, "B"),
		outcome("handoff", "oos", "q3", "handoff", 0.5, "", "A"),
		outcome("handoff", "oos", "q4", "answer", 0.95, "", "A"),
		outcome("urgent", "urgent", "u1", "urgent", 0.1, ""),
		outcome("urgent", "urgent", "u2", "handoff", 0.1, ""),
		outcome("faq", "clean", "q5", "urgent", 0.7, "D403", "D403"),
	}
	r := eval.ReportOf(outcomes, 4, "D403")
	for _, tt := range []struct {
		name      string
		got, want float64
	}{
		{"recall@1", r.All.Recall1, 2.0 / 5},
		{"recall@3", r.All.Recall3, 3.0 / 5},
		{"MRR", r.All.MRR, (1 + 0.25 + 0.5 + 0 + 1) / 5},
		{"loss by noise", r.Noise.Loss, 0.5},
		{"pairs", float64(r.Noise.Pairs), 2},
		{"precision as configured", r.Shipped.Precision, 1.0 / 3},
		{"coverage as configured", r.Shipped.Coverage, 1.0 / 5},
		{"rejection as configured", r.Shipped.Rejection, 1.0 / 2},
		{"alarm recall", r.Alarm.Recall, 0.5},
		{"alarm precision, without what may be either", r.Alarm.Precision, 1},
		// Without hits the confidence is 0: 0.9, 0.5, 0.8, 0, 0.7 against 0.5, 0.95.
		{"AUROC", r.AUROC, 3.5 / 10},
	} {
		if d := tt.got - tt.want; d > 1e-9 || d < -1e-9 {
			t.Errorf("%s is %f, want %f", tt.name, tt.got, tt.want)
		}
	}
	var table strings.Builder
	r.Speed = eval.SpeedOf([]time.Duration{1, 2, 3}, time.Second, 2)
	if err := r.Print(&table); err != nil || !strings.Contains(table.String(), "3 a second on 2 cores") {
		t.Errorf("table %q, error %v", table.String(), err)
	}
}

func TestNothingToMeasureIsNoMistake(t *testing.T) {
	r := eval.ReportOf(nil, 0)
	if r.All.N != 0 || r.AUROC != 0 || eval.SpeedOf(nil, 0, 1) != nil {
		t.Errorf("report %+v", r)
	}
}

// FuzzRead: whatever the file, reading ends, and what has no problem can be asked.
func FuzzRead(f *testing.F) {
	f.Add(entriesHeader+"A,,,q,a,v|w\n", questionsHeader+"q,A,clean,faq,near,b\n")
	f.Add("\uFEFFid\n", "\"")
	f.Fuzz(func(t *testing.T, entriesFile, questionsFile string) {
		entries, problems := eval.ReadEntries(strings.NewReader(entriesFile), "e")
		for _, e := range entries {
			if len(problems) == 0 && (e.ID == "" || e.Question+e.Answer == "") {
				t.Errorf("entry %+v passed", e)
			}
		}
		questions, problems := eval.ReadQuestions(strings.NewReader(questionsFile), "q", entries)
		for _, q := range questions {
			if len(problems) == 0 && q.Text == "" {
				t.Errorf("question %+v passed", q)
			}
		}
	})
}
