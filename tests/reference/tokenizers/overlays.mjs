// The tokenizers that are compared: a published file, with sections replaced to be laid out as other families' files are.
// Written to expected/tokenizers.json, from which the C# tests build the same files.
const token = (id, content, extra = {}) => ({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true, ...extra });
const byteLevel = (extra = {}) => ({ type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false, ...extra });
const split = (Regex, behavior = 'Isolated', invert = false) => ({ type: 'Split', pattern: { Regex }, behavior, invert });
const sequence = (...pretokenizers) => ({ type: 'Sequence', pretokenizers });
const normalizers = (...list) => ({ type: 'Sequence', normalizers: list });
const bert = 'models/tokenizers/bert-base-uncased/tokenizer.json', gpt2 = 'models/tokenizers/gpt2/tokenizer.json', llama = 'models/stories260k/tokenizer.json';
const endOfText = token(50256, '<|endoftext|>');
// The pre-tokenizer expressions that the families' files hold.
const qwen = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const llama3 = qwen.replace('\\p{N}|', '\\p{N}{1,3}|');
const possessive = "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+";

export const overlays = [
  { name: 'bert', base: bert, set: {} },
  { name: 'bert-zh', base: 'models/tokenizers/bge-small-zh/tokenizer.json', set: {} },
  {
    name: 'bert-parts', base: bert, set: {
      added_tokens: [token(0, '[PAD]'), token(100, '[UNK]'), token(101, '[CLS]'), token(102, '[SEP]'), token(103, '[MASK]', { lstrip: true, rstrip: true }),
        token(30522, 'ODD', { single_word: true, special: false, normalized: false }), token(30523, 'Ödd', { special: false, normalized: true })],
      normalizer: normalizers({ type: 'NFKD' }, { type: 'Lowercase' }, { type: 'StripAccents' }, { type: 'Strip', strip_left: true, strip_right: true }, { type: 'Replace', pattern: { String: '``' }, content: '"' }),
      pre_tokenizer: sequence({ type: 'WhitespaceSplit' }, { type: 'Punctuation', behavior: 'Contiguous' }, { type: 'Digits', individual_digits: true }),
      post_processor: { type: 'BertProcessing', sep: ['[SEP]', 102], cls: ['[CLS]', 101] },
    },
  },
  { name: 'words', base: bert, set: { normalizer: { type: 'NFKC' }, pre_tokenizer: sequence({ type: 'Whitespace' }, { type: 'Digits', individual_digits: false }, { type: 'CharDelimiterSplit', delimiter: '_' }), post_processor: null } },
  { name: 'gpt2', base: gpt2, set: {} },
  { name: 'roberta', base: gpt2, set: {
    added_tokens: [endOfText, token(50257, '<mask>', { lstrip: true }), token(50258, '<s>'), token(50259, '</s>')],
    pre_tokenizer: byteLevel({ add_prefix_space: true, use_regex: true }),
    post_processor: { type: 'RobertaProcessing', sep: ['</s>', 50259], cls: ['<s>', 50258], trim_offsets: true, add_prefix_space: true },
  } },
  { name: 'qwen', base: gpt2, set: {
    added_tokens: [endOfText, token(50257, '<|im_start|>'), token(50258, '<|im_end|>')],
    normalizer: { type: 'NFC' }, pre_tokenizer: sequence(split(qwen), byteLevel()), post_processor: byteLevel({ trim_offsets: false }),
  } },
  { name: 'llama3', base: gpt2, model: { ignore_merges: true }, set: {
    added_tokens: [endOfText], pre_tokenizer: sequence(split(llama3), byteLevel()),
    post_processor: { type: 'Sequence', processors: [byteLevel(), { type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<|endoftext|>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [{ SpecialToken: { id: '<|endoftext|>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: '<|endoftext|>', type_id: 1 } }, { Sequence: { id: 'B', type_id: 1 } }],
      special_tokens: { '<|endoftext|>': { id: '<|endoftext|>', ids: [50256], tokens: ['<|endoftext|>'] } } }] },
  } },
  { name: 'splits', base: gpt2, set: {
    added_tokens: [endOfText], normalizer: { type: 'NFD' },
    pre_tokenizer: sequence(split('\\p{N}{1,3}'), split('[\\p{Han}ぁ-ヿ]+', 'MergedWithPrevious'), split('\\s+', 'MergedWithNext'), split('[\\p{P}\\p{S}]+', 'Contiguous'), byteLevel()),
  } },
  { name: 'possessive', base: gpt2, set: { added_tokens: [endOfText], pre_tokenizer: sequence(split(possessive, 'Removed', true), byteLevel()) } },
  { name: 'llama', base: llama, set: {} },
  { name: 'metaspace', base: llama, set: { normalizer: null, pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: false } } },
  { name: 'unigram', base: 'unigram.json', set: {} },
];
