namespace Orrery.Bench;

/// <summary>
/// The texts of every measurement: bank customers' questions (banking77's test split), and after every ninth question
/// a passage of 30 to 120 words cut from the essays of ai-vs-human. The same texts in the same order at every run.
/// </summary>
internal static class TextMix
{
    public static string[] Read(string shared)
    {
        var questions = Table.Texts(Path.Combine(shared, "data", "banking77", "test.csv"));
        var essays = Table.Texts(Path.Combine(shared, "data", "ai-vs-human", "ai_vs_human.csv"));
        var random = new Random(77);
        random.Shuffle(questions);
        var texts = new List<string>();
        for (var i = 0; i < questions.Length; i++)
        {
            texts.Add(questions[i]);
            if (i % 9 == 8)
                texts.Add(Passage(essays[random.Next(essays.Length)], random));
        }

        return [.. texts];
    }

    private static string Passage(string essay, Random random)
    {
        var words = essay.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var count = Math.Min(words.Length, random.Next(30, 121));
        var start = random.Next(words.Length - count + 1);
        return string.Join(' ', words, start, count);
    }
}
