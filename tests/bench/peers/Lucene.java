// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lucene beside bq: words between blanks with positions and lengths, nothing
// stored, merged to one segment.
//
//   java Lucene index DIR < WORDS
//   java Lucene run DIR RUNS < QUERIES
//
// Prints what query.h prints; the thread's CPU time, so that the collector and
// the compiler, which have threads of their own, are not counted.
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.lucene.analysis.core.WhitespaceAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.SerialMergeScheduler;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.PhraseQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.TopScoreDocCollector;
import org.apache.lucene.search.similarities.BM25Similarity;
import org.apache.lucene.store.MMapDirectory;

public final class Lucene {
	private static final BM25Similarity SIMILARITY = new BM25Similarity(0.9f, 0.4f);

	/** Before the rounds that count: until the compiler has seen what is hot. */
	private static final int WARM_ROUNDS = 20;

	/** One operand: its sign, or a blank, and its words. */
	private static final class Atom {
		char sign = ' ';
		String[] words;
	}

	private static BufferedReader input() {
		return new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8), 1 << 20);
	}

	private static void index(String dir) throws IOException {
		IndexWriterConfig config = new IndexWriterConfig(new WhitespaceAnalyzer());
		config.setSimilarity(SIMILARITY).setRAMBufferSizeMB(256).setUseCompoundFile(false);
		config.setMergeScheduler(new SerialMergeScheduler());
		try (IndexWriter writer = new IndexWriter(new MMapDirectory(Paths.get(dir)), config)) {
			BufferedReader in = input();
			for (String line; (line = in.readLine()) != null;) {
				Document doc = new Document();
				doc.add(new TextField("t", line, Field.Store.NO));
				writer.addDocument(doc);
			}
			writer.forceMerge(1);
		}
	}

	private static List<Atom> parse(String line) {
		List<Atom> atoms = new ArrayList<>();
		for (int at = 0; at < line.length();) {
			Atom atom = new Atom();
			if (line.charAt(at) == '+' || line.charAt(at) == '-') {
				atom.sign = line.charAt(at++);
			}
			char end = line.charAt(at) == '"' ? '"' : ' ';
			at += end == '"' ? 1 : 0;
			int to = line.indexOf(end, at);
			to = to < 0 ? line.length() : to;
			atom.words = line.substring(at, to).split(" ");
			atoms.add(atom);
			at = end == '"' ? to + 2 : to + 1;
		}
		return atoms;
	}

	private static Query atomQuery(Atom atom) {
		return atom.words.length == 1 ? new TermQuery(new Term("t", atom.words[0])) : new PhraseQuery("t", atom.words);
	}

	private static Query query(List<Atom> atoms) {
		if (atoms.size() == 1) {
			return atomQuery(atoms.get(0));
		}
		BooleanQuery.Builder all = new BooleanQuery.Builder();
		for (Atom atom : atoms) {
			all.add(atomQuery(atom), atom.sign == '+' ? Occur.MUST : atom.sign == '-' ? Occur.MUST_NOT : Occur.SHOULD);
		}
		return all.build();
	}

	private static long ask(IndexSearcher searcher, List<Atom> atoms, boolean wantsCount) throws IOException {
		if (wantsCount) {
			return searcher.count(query(atoms));
		}
		TopScoreDocCollector top = TopScoreDocCollector.create(10, 10); // counts no further than it must
		searcher.search(query(atoms), top);
		return top.topDocs().scoreDocs.length;
	}

	private static void run(String dir, int runs) throws IOException {
		IndexSearcher searcher = new IndexSearcher(DirectoryReader.open(new MMapDirectory(Paths.get(dir))));
		searcher.setSimilarity(SIMILARITY);
		searcher.setQueryCache(null);
		ThreadMXBean thread = ManagementFactory.getThreadMXBean();
		PrintStream out = new PrintStream(System.out, false, "UTF-8");
		List<String> texts = new ArrayList<>();
		List<List<Atom>> queries = new ArrayList<>();
		BufferedReader in = input();
		for (String line; (line = in.readLine()) != null;) {
			texts.add(line);
			queries.add(parse(line));
		}
		for (String command : new String[] { "TOP_10", "COUNT" }) {
			long[][] ns = new long[queries.size()][runs];
			long[] counts = new long[queries.size()];
			for (int round = -WARM_ROUNDS; round < runs; round++) {
				for (int i = 0; i < counts.length; i++) {
					long began = thread.getCurrentThreadCpuTime();
					counts[i] = ask(searcher, queries.get(i), command.equals("COUNT"));
					ns[i][Math.max(round, 0)] = thread.getCurrentThreadCpuTime() - began;
				}
			}
			for (int i = 0; i < counts.length; i++) {
				Arrays.sort(ns[i]);
				out.printf("%s\t%s\t%d\t%.2f\n", command, texts.get(i), counts[i], ns[i][runs / 2] / 1e3);
			}
		}
		out.flush();
	}

	public static void main(String[] args) throws IOException {
		if (args.length == 2 && args[0].equals("index")) {
			index(args[1]);
		} else if (args.length == 3 && args[0].equals("run")) {
			run(args[1], Integer.parseInt(args[2]));
		} else {
			System.err.println("usage: Lucene index DIR < WORDS | run DIR RUNS < QUERIES");
			System.exit(2);
		}
	}
}
