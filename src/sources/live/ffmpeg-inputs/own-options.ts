import { SourceError } from '../../source.js';

/**
 * Options of the ffmpeg program (fftools, versions 4 to 8) that say how an input is read and have no value behind them; each has its
 * opposite, `-no…`. Whatever is in neither list has a value: the program's other options of inputs, and all of demuxers, protocols
 * and decoders.
 */
const alone = words(`
  re accurate_seek find_stream_info an sn dn fix_sub_duration copyts start_at_zero bitexact ignore_unknown recast_media
  display_hflip display_vflip hide_banner nostdin noautorotate`);

/**
 * Options of the program that do not belong here. They write files or to addresses (report, progress, vstats, sdp_file, dump_attachment, stats_enc_pre,
 * print_graphs_file …), say what comes out (map, filter, vsync, frames …), change what is read of ffmpeg's words (loglevel, dump,
 * stdin …), or print something and end. autorotate: takes a value before ffmpeg 7 and none since.
 */
const others = words(`
  v loglevel report y n progress stdin hex qphist psnr debug_ts benchmark benchmark_all timelimit sdp_file vol vsync async
  adrift_threshold frame_drop_threshold copytb xerror abort_on max_error_rate copy_unknown lavfi auto_conversion_filters pre fpre
  vpre apre spre map map_metadata map_channel map_chapters fs timestamp metadata program stream_group target apad frames vframes
  aframes dframes disposition shortest shortest_buf_duration copyinkf copypriorss q qscale aq profile attach autoscale autorotate
  muxdelay muxpreload time_base enc_time_base max_muxing_queue_size muxing_queue_data_threshold fpsmax aspect vn timecode pass
  passlogfile vf af ab b vbsf absf fps_mode force_fps streamid force_key_frames rc_override intra_matrix inter_matrix
  chroma_intra_matrix bits_per_raw_sample dec L h help ? -help version buildconf formats muxers demuxers devices codecs decoders
  encoders bsfs protocols filters pix_fmts layouts sample_fmts dispositions colors sources sinks hwaccels graph_file dumpgraph`);
/** Families that grow: vstats_version, stats_mux_pre_fmt, print_graphs_format, dump_attachment, filter_complex_script … */
const otherFamilies = /^(stats|vstats|print_graphs|dump|filter)(_|$)/;
/** Exceptions: what every ffmpeg understands without a value, what camera-in sets itself, and a device, which lines with `-init_hw_device` name. */
const harmless = words('noautorotate nostdin filter_hw_device');

/** Filters that write files or open sockets. A picture to read needs none of them. */
const writingFilter =
  /(?:^|[\],;\s])(a?metadata|psnr|ssim|ssim360|xpsnr|vmafmotion|libvmaf\w*|signature|vidstabdetect|vidstabtransform|deshake|firequalizer|asr|whisper|a?zmq)(?=\s*(?:[@=,;[]|$))|(?:^|[=:])(plot|debug_kdtree)=/;

/**
 * Where `-i` stands in a line for ffmpeg, read as ffmpeg reads it: options with their values up to there.
 * @returns -1 where there is none
 * @throws SourceError ALPR_SOURCE_SETTINGS for an option that writes files, is of an output or of camera-in, and for a word that ffmpeg
 *   would take for an output file
 */
export function findInput(line: readonly string[], shown: (word: string) => string): number {
  for (let at = 0; at < line.length; at++) {
    const word = line[at]!;
    if (word === '-i') return at;
    // "--" makes an output of what follows, "-" is one.
    if (!/^-[^-]/.test(word)) refuse('an option before each value', shown(word));
    // "-codec:v" is for some streams; "-/filter" reads its value from a file (ffmpeg 7).
    const name = /^-\/?([^:]*)/.exec(word)![1]!;
    const plain = name.replace(/^no/, '');
    if (!harmless.has(name) && [name, plain].some((one) => others.has(one) || otherFamilies.test(one))) {
      refuse(`input options other than -${name}`, `-${name}`);
    }
    if (alone.has(name) || alone.has(plain)) continue;
    const value = line[++at];
    if (value === undefined) return -1;
    if (name === 'graph') checkGraph(value);
    else if (name === 'f' && value === 'lavfi') checkGraph(line[line.indexOf('-i', at) + 1] ?? '');
  }
  return -1;
}

function checkGraph(graph: string): void {
  const [, filter, option] = writingFilter.exec(graph) ?? [];
  if (filter !== undefined) refuse('filters that write nothing', filter);
  if (option !== undefined) refuse('filters that write nothing', `${option}=`);
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

/** Says what is wrong with own arguments. */
export function refuse(expected: string, received: string): never {
  throw new SourceError(
    `Expected ${expected} for ffmpeg's input arguments but received ${received}`,
    'ALPR_SOURCE_SETTINGS',
  );
}
